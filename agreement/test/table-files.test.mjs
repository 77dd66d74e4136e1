// That tables come back from their files as they went in.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { readNodes, readRows, writeNodes, writeRows } from '../lib/table-files.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'tables-'));
after(() => rmSync(folder, { recursive: true }));
const out = path.join(folder, 'out');

test('node tables keep sizes beyond 4 GiB, negative distances and the largest ordinals', () => {
  const nodes = {
    self: Float64Array.of(0, 2 ** 40 + 1),
    retained: Float64Array.of(Number.MAX_SAFE_INTEGER, 1),
    dominator: Uint32Array.of(0, 0xffff_fffe),
    distance: Int32Array.of(100_000_000, -5),
  };
  writeNodes(out, nodes);
  assert.deepEqual(readNodes(out), nodes);
});

test('a file cut in the middle of a record is refused', () => {
  writeFileSync(`${out}.nodes`, Buffer.alloc(47));
  assert.throws(() => readNodes(out), /47 bytes/);
});

test('a size that no double can hold is refused', () => {
  writeFileSync(`${out}.nodes`, Buffer.alloc(24, 0xff));
  assert.throws(() => readNodes(out), /impossible size/);
});

test('rows keep names with line breaks, quotes and characters of all kinds', () => {
  const rows = [
    { key: ',"two\nlines"\u2028', count: 1 },
    { key: ',\u{1d4b3} ключ', count: 2 },
  ];
  writeRows(out, 'classes', rows);
  assert.deepEqual(readRows(out, 'classes'), rows);
});

test('a table without rows is an empty list', () => {
  writeRows(out, 'diff', []);
  assert.deepEqual(readRows(out, 'diff'), []);
});
