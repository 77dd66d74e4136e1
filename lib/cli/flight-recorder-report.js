'use strict';
// `memwatch report FILE`: the data of a program's flight recorder, read after its end.
// flight-recorder-text.js words it.

const { MOST_BYTES, clean, isRecord } = require('../flight-recorder/format.js');
const { withCode } = require('../errors.js');
const { readRegular, readUpTo } = require('../own-file.js');
const { startOfProcess } = require('../process-start.js');
const { render } = require('./flight-recorder-text.js');

const STANDARD_INPUT = 0;

function unreadable(file, why) {
  return withCode(
    new Error(`${file} is not a flight recorder file (for a heap snapshot, -o OUT.html writes an HTML report): ${why}`),
    'ERR_MEMWATCH_FLIGHT_RECORDER_UNREADABLE',
  );
}

function textOf(file) {
  try {
    if (file === '-') return readUpTo(STANDARD_INPUT, MOST_BYTES);
    return readRegular(file, { mostBytes: MOST_BYTES, follow: true });
  } catch (error) {
    throw unreadable(file, error.message);
  }
}

/** Parses the JSON of a file. The error of the parser is dropped: it quotes the file and does not help. */
function parsed(file) {
  const text = textOf(file);
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(file, text.trim() === '' ? 'it is empty' : 'it is damaged, or not a flight recorder file');
  }
}

function read(file) {
  const box = parsed(file);
  if (!isRecord(box)) throw unreadable(file, 'it was not written by memwatch, or by another version of it');
  return clean(box);
}

/** How the program ended, as far as the file and this machine know. */
function ending({ pid, processStart, ended }) {
  if (ended !== null) return 'exited';
  const runs = processStart !== null && Number.isSafeInteger(pid) && startOfProcess(pid) === processStart;
  return runs ? 'running' : 'died';
}

/** @returns {Promise<string>} the output @param {import('./arguments.js').Asked} asked */
async function run({ json, request }) {
  const [file] = request.files;
  const box = read(file);
  const report = { ...box, ending: ending(box) };
  try {
    return json ? `${JSON.stringify(report, null, 2)}\n` : render(report);
  } catch (error) {
    // Nested too deeply, perhaps.
    throw unreadable(file, `it is damaged: ${error.message}`);
  }
}

module.exports = { run };
