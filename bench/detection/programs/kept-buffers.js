'use strict';
// Uploads that are kept by their number for ever: memory outside of the heap. The healthy program keeps the last 500.

const UPLOAD_BYTES = 32 * 1024;
const KEPT = 500;

function setUp({ variant }) {
  const uploads = new Map();
  return {
    operate: function keepUpload(i) {
      uploads.set(i, Buffer.alloc(UPLOAD_BYTES, 1));
      if (variant === 'healthy') uploads.delete(i - KEPT);
    },
  };
}

module.exports = { setUp };
