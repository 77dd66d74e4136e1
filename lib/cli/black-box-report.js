'use strict';
// `memwatch report FILE`: what a program's black box has kept, read after its end. Words are
// black-box-text.js's.

const fs = require('node:fs');
const { MOST_BYTES, isBlackBox } = require('../black-box/box-file.js');
const { withCode } = require('../errors.js');
const { startOfProcess } = require('../process-start.js');
const { render } = require('./black-box-text.js');

function unreadable(file, why) {
  return withCode(new Error(`${file} is no black box (of a heap snapshot a page is made with -o OUT.html): ${why}`), 'ERR_MEMWATCH_BLACK_BOX_UNREADABLE');
}

function read(file) {
  let box;
  try {
    const source = file === '-' ? 0 : file;
    if (source !== 0 && fs.statSync(source).size > MOST_BYTES) throw new Error('it is too large');
    box = JSON.parse(fs.readFileSync(source, 'utf8'));
  } catch (error) {
    throw unreadable(file, error.message);
  }
  if (!isBlackBox(box)) throw unreadable(file, 'memwatch has not written it, or another version has');
  return box;
}

/** How the program ended, as far as the file and this machine know. */
function ending({ pid, processStart, ended }) {
  if (ended !== null) return 'exited';
  const runs = processStart !== null && startOfProcess(pid) === processStart;
  return runs ? 'running' : 'died';
}

/** @returns {Promise<string>} what is printed */
async function run({ json, request }) {
  const box = read(request.files[0]);
  const report = { ...box, ending: ending(box) };
  return json ? `${JSON.stringify(report, null, 2)}\n` : render(report);
}

module.exports = { run };
