'use strict';
// Sessions that end half a minute after they began: some 20 MB of them at any time, once the first have ended.
const { answer } = require('./support/answers.js');

const SESSION_MS = 30_000;

function setUp() {
  const sessions = new Map();
  return {
    operate(i) {
      const now = Date.now();
      sessions.set(i, { begun: now, page: answer(i) });
      for (const [id, { begun }] of sessions) {
        if (now - begun < SESSION_MS) break;
        sessions.delete(id);
      }
    },
  };
}

module.exports = { setUp };
