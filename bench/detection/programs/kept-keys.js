'use strict';
// Secret keys that are kept by their number for ever. A key's bytes are allocated natively, and Node does not tell V8
// of them: neither the heap nor external memory grows, the resident set does. The healthy program keeps the last 500.
const { createSecretKey } = require('node:crypto');

const KEY_BYTES = 32 * 1024;
const KEPT = 500;

function setUp({ variant }) {
  const keys = new Map();
  const bytes = Buffer.alloc(KEY_BYTES, 7);
  return {
    operate: function keepKey(i) {
      bytes.writeUInt32LE(i);
      keys.set(i, createSecretKey(bytes));
      if (variant === 'healthy') keys.delete(i - KEPT);
    },
  };
}

module.exports = { setUp };
