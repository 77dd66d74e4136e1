'use strict';
// Files that are nearly heap snapshots: what other programs make of one, and what old versions of V8 wrote. Each is
// read, or refused in one sentence with a code that names what it is.
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { memwatch, report, snapshotsOf, temporaryDirectory } = require('./support/snapshot-programs.js');

const META = {
  node_fields: ['type', 'name', 'id', 'self_size', 'edge_count'],
  node_types: [['hidden', 'array', 'string', 'object', 'code', 'closure', 'regexp', 'number', 'native', 'synthetic']],
  edge_fields: ['type', 'name_or_index', 'to_node'],
  edge_types: [['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak']],
};

/**
 * A snapshot of a root, a held object and `unheld` objects that nothing holds.
 * @param {{ unheld?: number, lastId?: number, size?: number, extra?: object }} [how]
 */
function small({ unheld = 1, lastId, size = 64, extra = {} } = {}) {
  const nodes = [9, 0, 1, 0, 1, 3, 1, 3, 32, 0];
  for (let i = 0; i < unheld; i++) nodes.push(3, 2, 5 + 2 * i, size, 0);
  if (lastId !== undefined) nodes[nodes.length - 3] = lastId;
  return JSON.stringify({
    snapshot: { meta: META, node_count: 2 + unheld, edge_count: 1, trace_function_count: 0, ...extra },
    nodes,
    edges: [2, 1, 5],
    strings: ['', 'Window', 'Session'],
  });
}

function writer(t) {
  const directory = temporaryDirectory(t);
  return (name, data) => {
    const file = path.join(directory, `${name}.heapsnapshot`);
    fs.writeFileSync(file, data);
    return file;
  };
}

/** One sentence with the code, and nothing else, from every way of reading. */
function refused(file, code, sentence) {
  for (const command of [['summary'], ['classes', '--fast'], ['analyze']]) {
    const { status, stdout, stderr } = memwatch(command[0], file, ...command.slice(1));
    assert.strictEqual(status, 2, `${command}: ${stdout}${stderr}`);
    assert.strictEqual(stdout, '');
    assert.match(stderr, new RegExp(`\\[${code}\\]\\n$`));
    assert.match(stderr, sentence);
    assert.strictEqual(stderr.trimEnd().split('\n').length, 1, stderr);
  }
}

test('a snapshot of an old V8 that uses types missing from its list is read', (t) => {
  const write = writer(t);
  const [file] = snapshotsOf(t, 'snapshots/known-classes.js', { operations: 1 });
  const snapshot = JSON.parse(fs.readFileSync(file, 'utf8'));
  const { node_fields: fields, node_types: types } = snapshot.snapshot.meta;
  const old = 12;
  for (let i = 0; i < snapshot.nodes.length; i += fields.length) {
    if (snapshot.nodes[i] > old) snapshot.nodes[i] = types[0].indexOf('hidden');
  }
  types[0].length = old;
  const { nodes: expected } = report('summary', write('cut', JSON.stringify(snapshot))).snapshot;
  const symbol = snapshot.nodes.findIndex((type, i) => i % fields.length === 0 && type === 0);
  snapshot.nodes[symbol] = old;
  const { snapshot: read } = report('summary', write('old', JSON.stringify(snapshot)));
  assert.strictEqual(read.nodes, expected);
});

test('a byte order mark is skipped, and UTF-16 is named', (t) => {
  const write = writer(t);
  const text = small();
  const { snapshot, ...plain } = report('summary', write('plain', text));
  const { snapshot: marked, ...rest } = report('summary', write('bom', `\ufeff${text}`));
  assert.deepStrictEqual({ ...rest, nodes: marked.nodes }, { ...plain, nodes: snapshot.nodes });
  const code = 'ERR_MEMWATCH_SNAPSHOT_ENCODING';
  const bigEndian = (wide) => Buffer.from(wide).swap16();
  const wide = Buffer.from(text, 'utf16le');
  const withMark = Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const [name, data] of Object.entries({ wide, withMark, big: bigEndian(wide), bigMark: bigEndian(withMark) })) {
    refused(write(name, data), code, /is UTF-16/);
  }
  for (const [name, data] of Object.entries({ ff: [0xff, 0xff], half: [0xef, 0xbb, 0x7b], nul: [0, 0, 0] })) {
    refused(write(name, Buffer.from(data)), 'ERR_MEMWATCH_SNAPSHOT_SYNTAX', /is not a heap snapshot/);
  }
});

test('strings that are not UTF-8 are reported, and read as far as possible', (t) => {
  const write = writer(t);
  const text = small().replace('Session', 'S\u00e9ssion');
  const [latin1, utf8] = [write('latin1', Buffer.from(text, 'latin1')), write('utf8', text)];
  for (const command of ['summary', 'analyze', 'classes', 'diff']) {
    const files = (file) => (command === 'diff' ? [utf8, file] : [file]);
    const infoOf = (file) => {
      const { snapshot, classes } = report(command, ...files(file));
      return snapshot ?? classes.after;
    };
    assert.strictEqual(infoOf(latin1).invalidStrings, 1, command);
    assert.strictEqual(infoOf(utf8).invalidStrings, undefined, command);
    const note = /^Note: 1 string is not valid UTF-8, so the file is damaged or was not written by V8 alone;/m;
    assert.match(memwatch(command, ...files(latin1)).stdout, note);
    assert.doesNotMatch(memwatch(command, ...files(utf8)).stdout, note);
  }
  const structure = Buffer.from(small().replace('"nodes":', '"nodes":\u00e9'), 'latin1');
  const place = new RegExp(`at byte ${structure.indexOf(0xe9)}\\)`);
  refused(write('structure', structure), 'ERR_MEMWATCH_SNAPSHOT_SYNTAX', place);
});

test('duplicate node ids and impossible sizes are refused', (t) => {
  const write = writer(t);
  refused(write('twins', small({ lastId: 3 })), 'ERR_MEMWATCH_SNAPSHOT_ID', /two nodes have the same id/);
  const beyond = small().replace('64', String(2n ** 53n + 1n));
  refused(write('beyond', beyond), 'ERR_MEMWATCH_SNAPSHOT_RANGE', /more bytes than any memory/);
  refused(
    write('extra', small({ extra: { extra_native_bytes: 2 ** 60 } })),
    'ERR_MEMWATCH_SNAPSHOT_HEADER',
    /extra_native_bytes/,
  );
  const { snapshot } = report('summary', write('most', small({ size: 2 ** 53 })));
  assert.strictEqual(snapshot.nodes, 3);
});

test('paths states that no path leads to an object', (t) => {
  const write = writer(t);
  const one = write('one', small());
  const words = /^No path leads to Session( @5)? in .*: nothing holds it, or only weakly\.\n$/;
  assert.match(memwatch('paths', one, 'Session').stdout, words);
  assert.match(memwatch('paths', one, '@5').stdout, words);
  const { shapeCount, unheldCount } = report('paths', one, 'Session');
  assert.deepStrictEqual([shapeCount, unheldCount], [0, 1]);
  const { stdout } = memwatch('paths', write('many', small({ unheld: 1500 })), 'Session');
  assert.match(stdout, /any of the 1,500 objects of Session/);
});

test('a file that is not a snapshot is refused in one sentence', (t) => {
  const write = writer(t);
  const text = small();
  const syntax = 'ERR_MEMWATCH_SNAPSHOT_SYNTAX';
  for (const [name, data, code] of [
    ['html', '<!doctype html><html></html>', syntax],
    ['profile', '{"head":{"callFrame":{}},"samples":[]}', 'ERR_MEMWATCH_SNAPSHOT_SECTION'],
    ['cpuprofile', '{"nodes":[{"id":1}],"startTime":1}', 'ERR_MEMWATCH_SNAPSHOT_SECTION'],
    ['trace', '{"traceEvents":[]}', 'ERR_MEMWATCH_SNAPSHOT_SECTION'],
    ['empty', '', 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED'],
    ['twice', text + text, syntax],
    ['comma', text.replace('[2,1,5]', '[2,1,5,]'), syntax],
    ['float', text.replace('[2,1,5]', '[2,1,5.0]'), syntax],
    ['negative', text.replace('[2,1,5]', '[-2,1,5]'), syntax],
    // Only the place of an element may be written so, as V8 14 does from 2³¹ on.
    ['negative-name', text.replace('[2,1,5]', '[2,-1,5]'), 'ERR_MEMWATCH_SNAPSHOT_NAME'],
    ['exponent', text.replace('[2,1,5]', '[2,1,5e0]'), syntax],
    ['count', text.replace('"node_count":3', '"node_count":4'), 'ERR_MEMWATCH_SNAPSHOT_COUNT'],
  ]) {
    const { status, stdout, stderr } = memwatch('summary', write(name, data));
    assert.strictEqual(status, 2, `${name}: ${stdout}${stderr}`);
    assert.ok(stderr.endsWith(`[${code}]\n`), `${name}: ${stderr}`);
    assert.strictEqual(stderr.trimEnd().split('\n').length, 1, stderr);
  }
});
