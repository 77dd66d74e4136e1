'use strict';
// Leaks native memory on purpose: secret keys that are kept by their number. A key's bytes are allocated natively, and Node
// does not tell V8 of them: neither the heap nor external memory grows. `memwatch run --native` names who allocates; this
// program does nothing for it. It runs until Ctrl-C, or for `--seconds N`.

const { createSecretKey } = require('node:crypto');

const EVERY_MS = 50;
const KEYS_AT_ONCE = 6;
const KEY_BYTES = 32 * 1024;

const keys = new Map();
const bytes = Buffer.alloc(KEY_BYTES, 7);
let made = 0;

function keepKey(number) {
  bytes.writeUInt32LE(number);
  keys.set(number, createSecretKey(bytes));
}

/** What a program does beside: garbage, so that V8 collects it. */
const garbage = () => Array.from({ length: 2000 }, (_, index) => ({ index }));

const [, , option, seconds] = process.argv;
const timer = setInterval(function tick() {
  for (let index = 0; index < KEYS_AT_ONCE; index++) keepKey(made++);
  garbage();
}, EVERY_MS);
if (option === '--seconds') setTimeout(() => clearInterval(timer), Number(seconds) * 1000);
