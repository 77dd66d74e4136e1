'use strict';
// One-shot jobs of node-schedule that run half a second later and are gone.

const DELAY_MS = 500;

function setUp({ load }) {
  const schedule = load('node-schedule');
  let ran = 0;
  return { operate: () => void schedule.scheduleJob(new Date(Date.now() + DELAY_MS), () => void ran++) };
}

module.exports = { setUp };
