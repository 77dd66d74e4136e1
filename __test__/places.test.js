'use strict';
// How a function's location is written for people. Needs no addon.

const assert = require('node:assert/strict');
const test = require('node:test');
const { placeOf } = require('../lib/places.js');

const written = (file) => placeOf({ function: 'track', file, line: 6 });

test('a file is named by the end of its path', () => {
  assert.equal(written('/srv/app/src/server.ts'), 'track() server.ts:6');
  assert.equal(written('file:///srv/app/store.mjs'), 'track() store.mjs:6');
  assert.equal(written('C:\\app\\src\\server.ts'), 'track() server.ts:6');
});

test('a file whose name many files have is named by its folder as well', () => {
  for (const [file, name] of [
    ['/srv/app/src/routes/users/index.ts', 'users/index.ts'],
    ['/srv/app/src/app/api/users/[id]/route.ts', 'users/[id]/route.ts'],
    ['/srv/app/src/app/(shop)/page.tsx', 'app/(shop)/page.tsx'],
    ['/srv/app/node_modules/debug/src/index.js', 'debug/src/index.js'],
    ['file:///srv/app/dist/index.mjs', 'app/dist/index.mjs'],
    ['C:\\app\\users\\index.js', 'users/index.js'],
  ]) {
    assert.equal(written(file), `track() ${name}:6`);
  }
});

test('no more than four parts of a path are shown, and no part twice', () => {
  assert.equal(written('/src/lib/src/lib/dist/[a]/[b]/[c]/index.js'), 'track() [a]/[b]/[c]/index.js:6');
  assert.equal(written('index.js'), 'track() index.js:6');
  assert.equal(written('/index.js'), 'track() index.js:6');
  assert.equal(written('src/index.js'), 'track() src/index.js:6');
});
