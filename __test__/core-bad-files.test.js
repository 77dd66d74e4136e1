'use strict';
// Cores that are damaged, cut, hostile or of something else: one sentence with a code and exit status 2, never a crash,
// and no answer where too much is missing.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const { memwatch, refused, report, temporaryDirectory } = require('./support/cli-run.js');
const { coreOf, writeCore } = require('./support/core-file.js');
const { unlessMusl } = require('./support/not-here.js');

const directory = temporaryDirectory();
const core = path.join(directory, 'core');
// Where an ELF file says of how many bits it is, for which machine, and how many sections it has.
const [CLASS, MACHINE, SECTION_COUNT] = [4, 18, 60];
// Of the executable its headers are in it.
const HEAD_BYTES = 1 << 20;

before(() => coreOf(path.join(__dirname, 'fixtures', 'core-leak.js'), core, { args: [path.join(directory, 'v8')] }));

/** A copy of the core that shares its holes, changed in place. */
function changed(name, change) {
  const file = path.join(directory, name);
  fs.copyFileSync(core, file);
  const opened = fs.openSync(file, 'r+');
  try {
    change(opened);
  } finally {
    fs.closeSync(opened);
  }
  return file;
}

const put = (bytes, at) => (opened) => fs.writeSync(opened, Buffer.from(bytes), 0, bytes.length, at);

/** The program headers: kind, offset and size of each. */
function segments() {
  const head = fs.readFileSync(core).subarray(0, 1 << 20);
  const count = head.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => {
    const at = 64 + 56 * index;
    return {
      kind: head.readUInt32LE(at),
      offset: Number(head.readBigUInt64LE(at + 8)),
      bytes: Number(head.readBigUInt64LE(at + 32)),
    };
  });
}

/** An executable that is like Node's own, but for its tables of symbols, with a text after it. */
function executable(name, text = '') {
  const head = fs.readFileSync(process.execPath).subarray(0, HEAD_BYTES);
  head.writeUInt16LE(0, SECTION_COUNT);
  const file = path.join(directory, name);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.from(`\0${text}\0`)]));
  return file;
}

test('missing executables and isolates, and files that are not cores, are refused', () => {
  refused(['summary', core, '--exe', '/nowhere/node'], 'ERR_MEMWATCH_CORE_EXECUTABLE_MISSING', /--exe FILE/);
  refused(['summary', core, '--exe', '/bin/sh'], 'ERR_MEMWATCH_CORE_NO_LAYOUT', /\/bin\/sh/);
  refused(['summary', core, '--isolate', '9'], 'ERR_MEMWATCH_CORE_NO_ISOLATE', /isolate 9 does not exist/);
  refused(['summary', '/bin/sh'], 'ERR_MEMWATCH_CORE_INVALID', /not a core/);
});

test('an executable without symbols, and those of Electron, Deno and Bun, are refused', () => {
  refused(['analyze', core, '--exe', executable('bare')], 'ERR_MEMWATCH_CORE_NO_LAYOUT', /v8dbg_/);
  for (const [name, mark] of [
    ['Electron', 'ELECTRON_RUN_AS_NODE'],
    ['Deno', 'DENO_DIR'],
    ['Bun', 'BUN_INSTALL'],
  ]) {
    const file = executable(name, mark);
    refused(['analyze', core, '--exe', file], 'ERR_MEMWATCH_CORE_NOT_NODE', new RegExp(`the process ran ${name}, `));
  }
});

test('an executable of another build is refused by its build id', unlessMusl('a build id'), () => {
  // The first segment is the first page of the executable, where the build id is.
  const [, first] = segments();
  const page = Buffer.alloc(4096);
  const opened = fs.openSync(core, 'r');
  fs.readSync(opened, page, 0, page.length, first.offset);
  fs.closeSync(opened);
  const at = page.indexOf('GNU\0', page.indexOf('\u0003\0\0\0GNU\0', 'latin1'), 'latin1');
  assert.ok(at > 0, 'the page has a build id');
  const other = changed('other-build', put([~page[at + 4] & 0xff], first.offset + at + 4));
  refused(['summary', other], 'ERR_MEMWATCH_CORE_EXECUTABLE_WRONG', /not the build/);
});

test('a core of another machine, a 32-bit core, and one truncated in its headers are refused', () => {
  const arm = changed('arm', put([183, 0], MACHINE));
  refused(['summary', arm], 'ERR_MEMWATCH_CORE_MACHINE', /machine 183/);
  refused(['summary', changed('small', put([1], CLASS))], 'ERR_MEMWATCH_CORE_MACHINE', /32-bit/);
  const cut = changed('cut-head', (opened) => fs.ftruncateSync(opened, 100));
  refused(['summary', cut], 'ERR_MEMWATCH_CORE_TRUNCATED', /cut off/);
  const shorter = changed('cut-first', (opened) => fs.ftruncateSync(opened, 40));
  refused(['summary', shorter], 'ERR_MEMWATCH_CORE_INVALID', /not a complete/);
});

test('a core of another program is refused with its name', async () => {
  const child = spawn('sleep', ['600']);
  const file = path.join(directory, 'sleep');
  try {
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    process.kill(child.pid, 'SIGSTOP');
    writeCore(child.pid, file);
  } finally {
    child.kill('SIGKILL');
  }
  refused(['analyze', file], 'ERR_MEMWATCH_CORE_NO_LAYOUT', /sleep|coreutils|busybox/);
  // A core without a heap is still described.
  const { status, stdout, stderr } = memwatch(['core', file]);
  assert.equal(status, 2);
  assert.match(stdout, /sleep 600/);
  assert.match(stderr, /^memwatch: the heap cannot be read: [^\n]+ \[ERR_MEMWATCH_CORE_NO_LAYOUT\]\n$/);
});

test('a core whose memory is zeros or holes is refused', () => {
  // The first pages of the mapped files stay.
  const start = segments().find(({ kind, bytes }) => kind === 1 && bytes > 4096).offset;
  const empty = changed('empty', (opened) => {
    const { size } = fs.fstatSync(opened);
    fs.ftruncateSync(opened, start);
    fs.ftruncateSync(opened, size);
  });
  refused(['analyze', empty], 'ERR_MEMWATCH_CORE_NO_HEAP', /no V8 heap/);
});

test('a core with truncated memory is read with a warning or refused, never answered from half a heap', () => {
  const { size } = fs.statSync(core);
  const whole = report(['classes', core, '--top', '100000']).classes.find(({ name }) => name === 'Ticket').instances;
  for (const part of [0.9, 0.6, 0.3, 0.1]) {
    const file = changed('cut', (opened) => fs.ftruncateSync(opened, Math.floor(size * part)));
    const { status, stdout, stderr } = memwatch(['classes', file, '--top', '100000', '--json']);
    if (status === 2) {
      assert.match(stderr, /^memwatch: [^\n]+ are missing \[ERR_MEMWATCH_CORE_(NO_HEAP|UNSOUND)\]\n$/, `${part}`);
      continue;
    }
    assert.equal(status, 0, stderr);
    const { snapshot, classes } = JSON.parse(stdout);
    assert.ok(snapshot.reading.missingBytes > 0, `${part}`);
    // One reference in a hundred may lead nowhere.
    assert.ok(classes.find(({ name }) => name === 'Ticket').instances >= whole * 0.98, `${part}`);
  }
});

test('randomly changed words give an answer or one error sentence', () => {
  // As in support of the other random tests: the same numbers every time.
  let state = 88172645463325252n;
  const random = (below) => {
    state ^= BigInt.asUintN(64, state << 13n);
    state ^= state >> 7n;
    state ^= BigInt.asUintN(64, state << 17n);
    return Number(state % BigInt(below));
  };
  const memory = segments().filter(({ kind, bytes }) => kind === 1 && bytes > 0);
  const headerBytes = memory[0].offset;
  for (let round = 0; round < 6; round++) {
    const file = changed('hostile', (opened) => {
      for (let words = 0; words < 2_000; words++) {
        const { offset, bytes } = memory[random(memory.length)];
        const word = Buffer.alloc(8);
        word.writeBigUInt64LE(BigInt.asUintN(64, state));
        // Every other one keeps the low half, so that small numbers stay small ones.
        fs.writeSync(opened, word, 0, words % 2 ? 4 : 8, offset + 8 * random(Math.ceil(bytes / 8)));
      }
      // And half of the rounds change the headers and notes.
      for (let words = 0; round % 2 && words < 3; words++) {
        fs.writeSync(opened, Buffer.from([random(256)]), 0, 1, 64 + random(headerBytes - 64));
      }
    });
    for (const command of ['summary', 'core']) {
      const { status, stdout, stderr } = memwatch([command, file]);
      assert.ok(status === 0 || status === 2, `${command} ${round}: ${status}`);
      if (status === 2) assert.match(stderr, /^memwatch: [^\n]+ \[ERR_MEMWATCH_\w+\]\n$/);
      else assert.notEqual(stdout, '');
      assert.doesNotMatch(stderr, /INTERNAL|panicked/);
    }
  }
});
