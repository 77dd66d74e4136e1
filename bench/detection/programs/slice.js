'use strict';
// A slice of a string keeps the whole string. The healthy program copies the 50 characters it keeps.

const BODY_LENGTH = 100_000;

/** Kept by both programs, so that they differ in what they keep only. */
const KEPT = 1000;

function setUp({ variant }) {
  const ids = [];
  return {
    operate: function handleBody(i) {
      const body = Buffer.alloc(BODY_LENGTH, 97 + (i % 26)).toString('latin1');
      const id = body.slice(10, 60);
      if (variant !== 'healthy') {
        ids.push(id);
        return;
      }
      ids.push(Buffer.from(id).toString('latin1'));
      if (ids.length > KEPT) ids.shift();
    },
  };
}

module.exports = { setUp };
