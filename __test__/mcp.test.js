'use strict';
// `memwatch mcp` as an assistant uses it: with the client of the protocol's own SDK, and with one that sends nonsense.
// What the tools answer is that of the commands, which have tests of their own.

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { after, test } = require('node:test');
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
const { MEMWATCH, cleanEnvironment, temporaryDirectory } = require('./support/cli-run.js');
const { start } = require('./support/runner.js');

const SECRET = 'ada.lovelace@example.com';

/** The line that a person looks for: of the listener that is never removed. */
const GUILTY_LINE = 6;
const LEAKY = `const { EventEmitter } = require('node:events');
class Message { constructor(n, user) { this.n = n; this.user = user; } }
const bus = (globalThis.bus = new EventEmitter().setMaxListeners(0));
function subscribe(user) {
  const history = Array.from({ length: 8 }, (_, n) => new Message(n, user));
  bus.on('message', function notify() {
    return history.length;
  });
}
for (let i = 0; i < 4000; i++) subscribe(Buffer.from('${SECRET}' + i).toString());
require('node:v8').writeHeapSnapshot(process.argv[2]);
for (let i = 0; i < 4000; i++) subscribe(Buffer.from('${SECRET}' + i).toString());
require('node:v8').writeHeapSnapshot(process.argv[3]);
// Longer than what V8 writes of a script: ${'.'.repeat(1024)}
`;

const folder = temporaryDirectory();
const outside = temporaryDirectory();
const program = path.join(outside, 'leaky.js');
const [first, second] = ['first', 'second'].map((name) => path.join(folder, `${name}.heapsnapshot`));
fs.writeFileSync(program, LEAKY);
assert.equal(spawnSync(process.execPath, [program, first, second], { env: cleanEnvironment({}) }).status, 0);
fs.writeFileSync(path.join(outside, 'secret.txt'), SECRET);
fs.symlinkSync(path.join(outside, 'secret.txt'), path.join(folder, 'link.heapsnapshot'));

/** A client of the SDK. @param {string[]} words  what follows `memwatch mcp` */
async function connect(words) {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const command = { command: process.execPath, args: [MEMWATCH, 'mcp', ...words], env: cleanEnvironment({}) };
  await client.connect(new StdioClientTransport({ ...command, stderr: 'inherit' }));
  after(() => client.close());
  /**
   * What a tool answers, a report of its own; throws its sentence where it fails.
   * @param {string} name
   * @param {Record<string, unknown>} [args]
   * @returns {Promise<any>}
   */
  const ask = async (name, args = {}) => {
    const { isError, content, structuredContent } = await client.callTool({ name, arguments: args });
    if (isError) throw new Error(content[0].text);
    assert.deepEqual(JSON.parse(content[0].text), structuredContent);
    return structuredContent;
  };
  return { client, ask };
}

const connected = connect([folder]);

test('each question is a tool that changes nothing', async () => {
  const { client } = await connected;
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  for (const name of ['analyze', 'diff', 'classes', 'paths', 'inspect', 'refs', 'strings', 'live_state', 'sites'])
    assert.ok(names.includes(name), name);
  assert.ok(!names.includes('take_snapshot'));
  for (const { annotations, inputSchema, description } of tools) {
    assert.equal(annotations.readOnlyHint, true);
    assert.equal(inputSchema.additionalProperties, false);
    assert.ok(description.length > 20);
  }
  assert.match(client.getInstructions(), /follow `next`/);
  assert.equal(client.getServerVersion().name, 'memwatch');
  const { files } = await (await connected).ask('list_snapshots');
  // Not the link, which leads out of the folder.
  assert.deepEqual(files.map(({ file }) => path.basename(file)).sort(), ['first.heapsnapshot', 'second.heapsnapshot']);
});

test('following only the suggested next steps leads to the guilty line without any string of the program', async () => {
  const { ask } = await connected;
  const seen = [];
  const steps = [{ tool: 'analyze', arguments: { file: second } }];
  const isFound = () =>
    seen.some((text) => new RegExp(`"script":"[^"]*leaky\\.js"[^}]*"line":${GUILTY_LINE}\\b`).test(text));
  while (steps.length > 0 && !isFound()) {
    const { tool, arguments: args } = steps.shift();
    const answer = await ask(tool, args);
    seen.push(JSON.stringify(answer));
    const next = answer.findings?.[0]?.next ?? [];
    steps.push(...next);
  }
  assert.ok(isFound(), seen.join('\n'));
  for (const text of seen) assert.ok(text.length < 20_000, `${text.length}`);
});

/** Asks all that can be asked of a file. */
async function askAll(ask) {
  const { instances } = await ask('instances', { file: second, class: 'Message' });
  const id = `@${instances[0].id}`;
  const { properties } = await ask('inspect', { file: second, id });
  const text = `@${properties.entries.find(({ name }) => name === 'user').to.id}`;
  const answers = [instances, await ask('inspect', { file: second, id: text }), await ask('classes', { file: second })];
  for (const tool of ['analyze', 'summary', 'strings', 'functions', 'closures', 'containment', 'scopes', 'realms'])
    answers.push(await ask(tool, { file: second }));
  for (const tool of ['inspect', 'refs', 'containment']) answers.push(await ask(tool, { file: second, id }));
  answers.push(await ask('paths', { file: second, target: id }));
  answers.push(await ask('diff', { before: first, after: second }));
  return JSON.stringify(answers);
}

test('string contents are omitted unless they are allowed', async () => {
  const { ask } = await connected;
  const answers = await askAll(ask);
  assert.ok(!answers.includes('lovelace'), answers);
  assert.match(answers, /"user"|\.user|notify\(\)/);
  const open = await connect([folder, '--show-strings']);
  assert.ok((await askAll(open.ask)).includes(SECRET));
});

test('source files are read only in the allowed folders', async () => {
  const { ask } = await connected;
  const named = (answer) => answer.scripts.filter(({ script }) => script === program).map(({ reason }) => reason);
  assert.deepEqual(named(await ask('closures', { file: second })), ['no-text']);
  fs.copyFileSync(program, path.join(folder, 'leaky.js'));
  const answer = await ask('closures', { file: second });
  assert.deepEqual(named(answer), []);
  assert.ok(answer.knownCount >= 8000, `${answer.knownCount}`);
  // Each listener reads `history`; `user` was read by a function that is gone, and the messages have it as well.
  assert.equal(answer.unreadCount, 8000);
  assert.ok(!answer.variables.some(({ name }) => name === 'history'));
  await assert.rejects(ask('timeline', { file: second }), /ERR_MEMWATCH_NO_TIMELINE/);
});

test('files outside of the allowed folders are refused, whatever their name', async () => {
  const { ask } = await connected;
  const hidden = path.join(outside, 'secret.txt');
  for (const file of [
    hidden,
    path.join(folder, '..', path.basename(outside), 'secret.txt'),
    '../none',
    '/etc/passwd',
  ]) {
    await assert.rejects(
      ask('analyze', { file }),
      /is not in the folders that may be read.*ERR_MEMWATCH_OUTSIDE_FOLDERS/,
      file,
    );
  }
  await assert.rejects(ask('analyze', { file: 'link.heapsnapshot' }), /ERR_MEMWATCH_OUTSIDE_FOLDERS/);
  await assert.rejects(
    ask('analyze', { file: 'none.heapsnapshot' }),
    /no such file \[ERR_MEMWATCH_SNAPSHOT_UNREADABLE\]/,
  );
  await assert.rejects(ask('analyze', { file: '.' }), /ERR_MEMWATCH_OUTSIDE_FOLDERS|not a regular file/);
});

test('invalid arguments of a tool are reported in one sentence', async () => {
  const { ask, client } = await connected;
  for (const [tool, args, sentence] of /** @type {[string, Record<string, unknown>, RegExp][]} */ ([
    ['analyze', {}, /'file' is missing \[ERR_MEMWATCH_USAGE\]/],
    ['analyze', { file: '--help' }, /'file' is not valid/],
    ['analyze', { file: second, top: 1e9 }, /'top' is not valid/],
    ['analyze', { file: second, more: 1 }, /'more' is not one of its arguments/],
    ['inspect', { file: second, id: 'x' }, /'id' is not valid/],
    ['inspect', { file: second, id: '@999999999' }, /no object has the id @999999999 \[ERR_MEMWATCH_NO_SUCH_ID\]/],
    ['live_state', { pid: 999999999 }, /ERR_MEMWATCH_NO_DASHBOARD/],
  ])) {
    await assert.rejects(ask(tool, args), sentence);
  }
  await assert.rejects(client.callTool({ name: 'take_snapshot', arguments: { pid: 1 } }), { code: -32602 });
  assert.deepEqual(await client.ping(), {});
});

test('a client that sends invalid messages gets the errors of JSON-RPC, and then its answers', async () => {
  const child = spawn(process.execPath, [MEMWATCH, 'mcp', folder], {
    env: cleanEnvironment({}),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const send = (message) => child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  const answers = async (message) => {
    send(message);
    return JSON.parse((await lines.next()).value);
  };
  /** @param {string} method @param {unknown} params @param {number | string} [id] */
  const call = (method, params, id = 1) => ({ jsonrpc: '2.0', id, method, params });
  for (const [message, code, id] of [
    ['{', -32700, null],
    ['\u0000\u0001', -32700, null],
    ['[]', -32600, null],
    ['null', -32600, null],
    ['{"jsonrpc":"1.0","id":3,"method":"ping"}', -32600, 3],
    ['{"jsonrpc":"2.0","id":4}', -32600, 4],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, null],
    [call('ping', [], 5), -32602, 5],
    [call('no/such', {}, 6), -32601, 6],
    [call('initialize', {}, 7), -32602, 7],
    [call('tools/call', { name: 'none' }, 8), -32602, 8],
    [call('tools/call', { name: 'analyze', arguments: [] }, 'nine'), -32602, 'nine'],
    [call('tools/call', { name: '__proto__' }, 10), -32602, 10],
  ]) {
    const answer = await answers(message);
    assert.deepEqual([answer.jsonrpc, answer.id, answer.error.code], ['2.0', id, code], JSON.stringify(message));
  }
  // An invalid request gets no answer: the next one is that of the ping.
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  send({ jsonrpc: '2.0', method: 'no/such/notice', params: 7 });
  send({ jsonrpc: '2.0', id: 1, result: {} });
  assert.deepEqual(await answers(call('ping', undefined, 11)), { jsonrpc: '2.0', id: 11, result: {} });
  const offered = async (protocolVersion) =>
    (await answers(call('initialize', { protocolVersion }, 12))).result.protocolVersion;
  assert.equal(await offered('1999-01-01'), '2025-11-25');
  assert.equal(await offered('2024-11-05'), '2024-11-05');
  assert.equal(await offered('2025-03-26'), '2025-03-26');
  const both = await answers([call('ping', {}, 13), call('ping', {}, 14)]);
  assert.deepEqual(
    both.map(({ id }) => id),
    [13, 14],
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end();
  assert.equal(await ended, 0);
});

test('a running program returns its state, its sites and, if allowed, a snapshot', async (t) => {
  const directory = temporaryDirectory();
  fs.writeFileSync(
    path.join(directory, 'app.js'),
    'class Visitor {}\nglobalThis.kept = [new Visitor()];\nsetInterval(() => {}, 1000);\nconsole.log("pid " + process.pid + ".");\n',
  );
  const running = start([path.join(directory, 'app.js')], { cwd: directory });
  t.after(() => running.child.kill('SIGKILL'));
  await running.url();
  const pid = Number((await running.says('stdout', /pid (\d+)\./))[1]);
  const { ask } = await connect([folder, '--allow-snapshots']);
  const { threads } = await ask('live_state', { pid });
  assert.deepEqual(
    threads.map(({ name, state }) => [name, state]),
    [['app.js', 'ok']],
  );
  assert.match((await ask('sites', { pid })).note, /sampled once a leak is suspected/);
  const taken = await ask('take_snapshot', { pid });
  const [{ tool, arguments: args }] = taken.next;
  assert.equal(tool, 'analyze');
  assert.equal((await ask('analyze', args)).snapshot.file, fs.realpathSync(taken.file));
  assert.equal((await ask('instances', { file: taken.file, class: 'Visitor' })).instanceCount, 1);
  const { files } = await ask('list_snapshots');
  assert.ok(files.some(({ file }) => file === fs.realpathSync(taken.file)));
  process.kill(pid, 'SIGTERM');
  await running.ended;
});
