'use strict';
// A service that is asked for fifteen seconds, then for fifteen seconds not, and keeps what it answered. The healthy
// program keeps the last 500 answers.
const { answer } = require('./support/answers.js');

/** As long as each burst and each rest, in milliseconds. */
const PHASE_MS = 15_000;
const KEPT = 500;

function setUp({ variant }) {
  const answers = new Map();
  const begun = Date.now();
  let number = 0;
  return {
    operate: function answerInBursts() {
      if (Math.floor((Date.now() - begun) / PHASE_MS) % 2 === 1) return;
      answers.set(number, answer(number));
      if (variant === 'healthy') answers.delete(number - KEPT);
      number++;
    },
    operations: () => number,
  };
}

module.exports = { setUp };
