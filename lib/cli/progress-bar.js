'use strict';
// A progress line on standard error. Nothing is drawn if that is not a terminal, nor in the
// first moments, so that quick answers come without it.

const { mebibytes, seconds } = require('../format.js');

// A person sees up to ten changes a second; more would only cost time.
const PERIOD_MS = 100;
const FIRST_AFTER_MS = 400;
const BAR_CELLS = 24;

/**
 * One line for a moment of a command, so long after the present stage began.
 * @param {{ stage: string, bytes: number, totalBytes: number }} progress
 * @param {number} elapsedMs
 */
function line({ stage, bytes, totalBytes }, elapsedMs) {
  if (stage !== 'reading' || bytes === 0) return `${stage}… ${seconds(elapsedMs)}`;
  const rate = bytes / (elapsedMs / 1000);
  const amount = `${mebibytes(bytes, 0)}, ${mebibytes(rate, 0)}/s`;
  if (totalBytes === 0) return `reading ${amount}`;
  const share = Math.min(bytes / totalBytes, 1);
  const full = Math.round(share * BAR_CELLS);
  // What is counted may be less than the whole file, or be over before the stage is.
  const leftMs = Math.max(Math.ceil((totalBytes - bytes) / rate), 0) * 1000;
  return `reading [${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}] ${amount}, ${seconds(leftMs)} left`;
}

/**
 * Draws until the function that it returns is called.
 * @param {{stage: string, bytes: number, totalBytes: number}} progress
 * @param {NodeJS.WriteStream} stream
 */
function drawProgress(progress, stream) {
  if (!stream.isTTY) return () => {};
  const start = performance.now();
  let drawn = false;
  // A rate belongs to one file: the clock restarts with the next file and with the next stage.
  let began = { at: start, stage: 'reading', bytes: 0 };
  const timer = setInterval(() => {
    const now = performance.now();
    const { stage, bytes } = progress;
    if (stage !== began.stage || bytes < began.bytes) began = { at: now, stage, bytes };
    began.bytes = bytes;
    if (now - start < FIRST_AFTER_MS || now === began.at) return;
    drawn = true;
    stream.write(`\r\x1b[K${line(progress, now - began.at).slice(0, (stream.columns || 80) - 1)}`);
  }, PERIOD_MS);
  return () => {
    clearInterval(timer);
    if (drawn) stream.write('\r\x1b[K');
  };
}

module.exports = { drawProgress, line };
