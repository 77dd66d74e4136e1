'use strict';
// A service that keeps what it answers for eighty seconds; from then on it is asked a twentieth as often, by a health
// check that keeps nothing. What was kept stays. The healthy program keeps the last 500 answers.
const { answer } = require('./support/answers.js');

/** As long as its requests come, in milliseconds. */
const BUSY_MS = 80_000;
const CHECKS = 20;
const KEPT = 500;

function setUp({ variant }) {
  const answers = new Map();
  const begun = Date.now();
  let answered = 0;
  return {
    operate: function answerAndKeep(i) {
      if (Date.now() - begun > BUSY_MS) {
        if (i % CHECKS === 0) answer(i);
        return;
      }
      answers.set(i, answer(i));
      if (variant === 'healthy') answers.delete(i - KEPT);
      answered++;
    },
    operations: () => answered,
  };
}

module.exports = { setUp };
