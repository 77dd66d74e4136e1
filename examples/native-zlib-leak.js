'use strict';
// Leaks native memory on purpose: a stream of zlib for each user, which nobody closes. The heap hardly shows it. It is
// `memwatch run --native` that names who allocates; this program does nothing for it. It runs until Ctrl-C, or for
// `--seconds N`.

const { createDeflateRaw } = require('node:zlib');

const EVERY_MS = 50;
const USERS_AT_ONCE = 4;

const streams = new Map();
let users = 0;

function openStream(user) {
  const stream = createDeflateRaw({ windowBits: 13, memLevel: 5 });
  stream.on('data', () => {});
  stream.write(`hello ${user}`);
  stream.flush();
  streams.set(user, stream);
}

const [, , option, seconds] = process.argv;
const timer = setInterval(() => {
  for (let index = 0; index < USERS_AT_ONCE; index++) openStream(users++);
}, EVERY_MS);
if (option === '--seconds') setTimeout(() => clearInterval(timer), Number(seconds) * 1000);
