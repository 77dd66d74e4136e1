'use strict';
// Leaks native memory on purpose: a stream of zlib for each connection, which is never closed. What zlib allocates for
// it, some 260 KiB, is neither on V8's heap nor a Buffer. It runs until Ctrl-C.
//
//   npx memwatch run --native --no-dashboard --duration 90s examples/native/zlib-streams.js

const { createDeflate } = require('node:zlib');

const EVERY_MS = 50;

const connections = new Map();
let opened = 0;

function openConnection(id) {
  const stream = createDeflate();
  stream.write(`hello ${id}`);
  connections.set(id, stream);
}

/** What a program does beside: garbage, so that V8 collects it. */
const garbage = () => Array.from({ length: 4000 }, (_, index) => ({ index }));

setInterval(function tick() {
  openConnection(opened++);
  garbage();
}, EVERY_MS);
