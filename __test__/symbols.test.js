'use strict';
// The reader of symbol tables behind `npm run test:symbols`, on the program that runs, on the addon, and on small files
// of the other formats that are made here. Which names a platform wants is that command's own business.

const { test, before } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./support/child.js');
const { platformName } = require('../lib/platform.js');

let exportedNames;
let wantedNames;
before(async () => {
  ({ exportedNames, wantedNames } = await import('../scripts/symbols/binary.mjs'));
});

test('the running Node exports each symbol that the addon imports, and no invented one', {
  skip: process.platform !== 'linux' && 'reads ELF files',
}, () => {
  const exported = exportedNames(fs.readFileSync(process.execPath));
  const wanted = wantedNames(fs.readFileSync(path.join(ROOT, `memwatch.${platformName()}.node`)));
  const ofV8 = [...wanted].filter((name) => name.startsWith('_ZN2v8'));
  assert.ok(ofV8.includes('_ZN2v87Isolate13TryGetCurrentEv'));
  // A Node that has V8 in a library of its own exports these there.
  if (/** @type {any} */ (process.config.variables).node_shared) return;
  for (const name of ofV8) assert.ok(exported.has(name), name);
  assert.ok(exported.has('napi_create_object'));
  assert.ok(!exported.has('_ZN2v87Isolate13TryGetCurrentXX'));
});

/** A Mach-O file with one load command. */
function macho(command, fields, rest) {
  const bytes = Buffer.alloc(32 + 48);
  bytes.writeUInt32BE(0xcffaedfe, 0);
  bytes.writeUInt32LE(1, 16);
  bytes.writeUInt32LE(command, 32);
  bytes.writeUInt32LE(48, 36);
  for (const [offset, value] of fields) bytes.writeUInt32LE(value, 32 + offset);
  return Buffer.concat([bytes, rest]);
}

test('the export trie of a Mach-O file is read completely, in both kinds of load command', () => {
  // The root leads by "_napi_" to two names, and by "_uv" to one that another one continues.
  const label = (text, target) => Buffer.concat([Buffer.from(`${text}\0`), Buffer.from([target])]);
  const branch = (own, ...children) => Buffer.concat([Buffer.from([...own, children.length]), ...children]);
  const leaf = Buffer.from([2, 0, 1, 0]);
  const nodes = [];
  const at = {};
  let length = 0;
  const add = (name, node) => {
    at[name] = length;
    nodes.push(node);
    length += node.length;
  };
  // Targets are offsets, so the root, which comes first, has them reserved: one byte each.
  const root = (napi, uv) => branch([0], label('_napi_', napi), label('_uv', uv));
  add('root', root(0, 0));
  add('leaf', leaf);
  add('napi', branch([0], label('create', at.leaf), label('delete', at.leaf)));
  add('uv', branch([2, 0, 1], label('_close', at.leaf)));
  nodes[0] = root(at.napi, at.uv);
  const trie = Buffer.concat(nodes);
  const names = ['_napi_create', '_napi_delete', '_uv', '_uv_close'];
  for (const [command, offset] of [
    [0x80000033, 8],
    [0x80000022, 40],
  ]) {
    assert.deepEqual([...exportedNames(macho(command, [[offset, 80]], trie))].sort(), names);
  }
});

test('a Mach-O file imports its undefined symbols, not its own', () => {
  const symbol = (name, type) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(name, 0);
    bytes[4] = type;
    return bytes;
  };
  const names = Buffer.from('\0_uv_close\0_own\0_local\0');
  const table = Buffer.concat([symbol(1, 0x01), symbol(11, 0x0f), symbol(16, 0x0e)]);
  const fields = [
    [8, 80],
    [12, 3],
    [16, 80 + table.length],
  ];
  assert.deepEqual([...wantedNames(macho(0x2, fields, Buffer.concat([table, names])))], ['_uv_close']);
});

/** A PE file with one section that begins at `start` in memory and at 512 in the file. */
function pe(start, directories, content) {
  const bytes = Buffer.alloc(512);
  bytes.write('MZ');
  bytes.writeUInt32LE(64, 0x3c);
  bytes.write('PE\0\0', 64);
  bytes.writeUInt16LE(1, 64 + 4 + 2);
  bytes.writeUInt16LE(240, 64 + 4 + 16);
  const optional = 64 + 24;
  for (const [index, address] of directories) bytes.writeUInt32LE(address, optional + 112 + 8 * index);
  for (const [offset, value] of [
    [8, content.length],
    [12, start],
    [16, content.length],
    [20, 512],
  ]) {
    bytes.writeUInt32LE(value, optional + 240 + offset);
  }
  return Buffer.concat([bytes, content]);
}

test('the exports of a PE file are read by name, and of its imports those of node.exe', () => {
  const start = 0x1000;
  const exporting = Buffer.alloc(128);
  exporting.writeUInt32LE(2, 24);
  exporting.writeUInt32LE(start + 40, 32);
  exporting.writeUInt32LE(start + 64, 40);
  exporting.writeUInt32LE(start + 80, 44);
  exporting.write('uv_close\0', 64);
  exporting.write('?Get@V8@v8@@SAXXZ\0', 80);
  assert.deepEqual([...exportedNames(pe(start, [[0, start]], exporting))], ['uv_close', '?Get@V8@v8@@SAXXZ']);

  const importing = Buffer.alloc(256);
  // Two libraries, of which the second is Node's; lists of names; the names.
  for (const [at, list, library] of [
    [0, 80, 160],
    [20, 104, 176],
  ]) {
    importing.writeUInt32LE(start + list, at);
    importing.writeUInt32LE(start + library, at + 12);
  }
  importing.writeBigUInt64LE(BigInt(start + 192), 80);
  importing.writeBigUInt64LE(BigInt(start + 208), 104);
  importing.write('kernel32.dll\0', 160);
  importing.write('node.exe\0', 176);
  importing.write('\0\0Sleep\0', 192);
  importing.write('\0\0uv_close\0', 208);
  assert.deepEqual([...wantedNames(pe(start, [[1, start]], importing))], ['uv_close']);
});

test('an object file of Windows imports the symbols declared as imported', () => {
  const symbol = (name, section, storage) => {
    const bytes = Buffer.alloc(18);
    if (name.length <= 8) bytes.write(name);
    else bytes.writeUInt32LE(4, 4);
    bytes.writeInt16LE(section, 12);
    bytes[16] = storage;
    return bytes;
  };
  const header = Buffer.alloc(20);
  header.writeUInt16LE(0x8664, 0);
  header.writeUInt32LE(20, 8);
  header.writeUInt32LE(3, 12);
  const long = '__imp_?GetVersion@V8@v8@@SAPEBDXZ';
  const strings = Buffer.concat([Buffer.alloc(4), Buffer.from(`${long}\0`)]);
  const bytes = Buffer.concat([header, symbol('mw_own', 1, 2), symbol(long, 0, 2), symbol('memset', 0, 2), strings]);
  assert.deepEqual([...wantedNames(bytes)], ['?GetVersion@V8@v8@@SAPEBDXZ', 'memset']);
});

test('a file of unknown format is refused', () => {
  assert.throws(() => exportedNames(Buffer.from('#!/bin/sh\n')), /neither an ELF, a 64-bit Mach-O nor a PE file/);
});
