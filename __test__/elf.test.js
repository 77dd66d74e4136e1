'use strict';
// lib/elf.js on files made here: the loader that a program names, and what must not be given to the system's loader.
// Real programs of other platforms are read by scripts/symbols.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { interpreter, whyNotLoadable } = require('../lib/elf.js');

const GNU = '/lib64/ld-linux-x86-64.so.2';
const MUSL = '/lib/ld-musl-x86_64.so.1';

/** A file with a header, `count` program headers of which the last is PT_INTERP, and its text at `at`. */
function elf({ machine = 62, count = 3, name = GNU, at = 64 + 56 * 3, length = name.length + 1, size = 0 } = {}) {
  const bytes = Buffer.alloc(Math.max(at + name.length + 1, 64 + 56 * count, size));
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(bytes);
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(count, 56);
  const last = 64 + 56 * (count - 1);
  bytes.writeUInt32LE(3, last);
  bytes.writeBigUInt64LE(BigInt(at), last + 8);
  bytes.writeBigUInt64LE(BigInt(length), last + 32);
  bytes.write(`${name}\0`, at, 'latin1');
  return bytes;
}

function written(t, bytes) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'file');
  fs.writeFileSync(file, bytes);
  return file;
}

test('the loader is read from its program header, also where a tool has moved it to the end of a large file', (t) => {
  assert.equal(interpreter(written(t, elf())), GNU);
  assert.equal(interpreter(written(t, elf({ name: MUSL, at: 1_000_000 }))), MUSL);
});

test('a library and a file of another format have no loader', (t) => {
  const library = elf();
  library.writeUInt32LE(1, 64 + 56 * 2);
  assert.equal(interpreter(written(t, library)), null);
  for (const bytes of [Buffer.alloc(0), Buffer.from('#!/bin/sh\n'), elf().subarray(0, 40), elf().subarray(0, 100)]) {
    assert.equal(interpreter(written(t, bytes)), null);
  }
  assert.equal(interpreter(path.join(os.tmpdir(), 'memwatch-is-not-here')), null);
});

test('a hostile header causes neither an endless read nor an exception', (t) => {
  for (const wrong of [{ length: 2 ** 40 }, { length: 4097 }, { at: 200, length: 4000 }]) {
    assert.equal(interpreter(written(t, elf(wrong))), null);
  }
  const far = elf();
  far.writeBigUInt64LE(2n ** 63n, 32);
  assert.equal(interpreter(written(t, far)), null);
});

test('a file for another processor is reported with the name that Node uses for it', (t) => {
  assert.equal(whyNotLoadable(written(t, elf()), 'x64'), null);
  const arm = written(t, elf({ machine: 183 }));
  assert.equal(whyNotLoadable(arm, 'arm64'), null);
  assert.equal(whyNotLoadable(arm, 'x64'), 'the file is for arm64, and this Node.js is for x64');
  assert.equal(
    whyNotLoadable(written(t, elf({ machine: 21 })), 'x64'),
    'the file is for machine 21, and this Node.js is for x64',
  );
});

test('a truncated file and a file that is not ELF are not loaded', (t) => {
  const whole = elf({ size: 2000 });
  whole.writeBigUInt64LE(1000n, 40);
  whole.writeUInt16LE(100, 58);
  whole.writeUInt16LE(10, 60);
  assert.equal(whyNotLoadable(written(t, whole), 'x64'), null);
  assert.equal(whyNotLoadable(written(t, whole.subarray(0, 1999)), 'x64'), 'the file is cut off');
  for (const bytes of [Buffer.alloc(0), Buffer.from('MZ'), whole.subarray(0, 63)]) {
    assert.equal(whyNotLoadable(written(t, bytes), 'x64'), 'the file is not a 64-bit ELF file');
  }
});
