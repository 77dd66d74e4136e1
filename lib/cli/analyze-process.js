'use strict';
// `memwatch analyze PID`: of a process with memwatch in it, the snapshot that it takes itself is analyzed. All others the
// binary reads from outside. Computes nothing.

const fs = require('node:fs');
const { isPid, takenInside } = require('./snapshot-process.js');

// Options whose value is a word of its own.
const WITH_VALUE = ['--top', '--exe', '--isolate', '--maps'];
// They request data that no process has about itself.
const OUTSIDE = /^--(isolate|all|exe)(=|$)/;

/** Where the operand is among the words, if it is one process. @param {string[]} words */
function placeOfPid(words) {
  const places = words.flatMap((word, place) =>
    word.startsWith('-') || WITH_VALUE.includes(words[place - 1]) ? [] : [place],
  );
  const [place] = places;
  const isProcess = places.length === 1 && isPid(words[place]) && !fs.existsSync(words[place]);
  return isProcess ? place : -1;
}

/** The file as this process sees it: one in a container has files of its own. */
function seenFromHere(pid, file) {
  const filesOf = (process) => fs.readlinkSync(`/proc/${process}/ns/mnt`);
  try {
    return filesOf(pid) === filesOf('self') ? file : `/proc/${pid}/root${file}`;
  } catch {
    return file;
  }
}

/**
 * @param {string[]} words  what follows `analyze`
 * @returns {Promise<string[]>} the same for the binary: a file in place of a process that has taken a snapshot
 */
async function withFile(words) {
  const place = placeOfPid(words);
  if (process.platform !== 'linux' || place === -1 || words.some((word) => OUTSIDE.test(word))) return words;
  const pid = words[place];
  const file = await takenInside(pid);
  return file === undefined ? words : words.map((word, at) => (at === place ? seenFromHere(pid, file) : word));
}

module.exports = { withFile };
