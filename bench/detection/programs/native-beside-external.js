'use strict';
// Compression contexts that are kept by their user for ever: each is some 110 KB of zlib's own memory, which V8 does not
// know of, and 16 KB of external memory. The healthy program closes all but the last 50.
const { createDeflateRaw } = require('node:zlib');

const KEPT = 50;

function setUp({ variant }) {
  const contexts = new Map();
  return {
    operate: function compressorFor(user) {
      const stream = createDeflateRaw({ windowBits: 13, memLevel: 5 });
      contexts.set(user, stream);
      stream.once('data', () => {});
      stream.write(`hello ${user}`);
      stream.flush();
      if (variant !== 'healthy') return;
      contexts.get(user - KEPT)?.close();
      contexts.delete(user - KEPT);
    },
  };
}

module.exports = { setUp };
