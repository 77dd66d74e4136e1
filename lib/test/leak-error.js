'use strict';
// The error of expectNoLeak, and what it says: how much stays, of what, who keeps it, and
// who made it. Computes none of it.

const { helpFor } = require('../errors.js');
const { bytesInWords } = require('../format.js');
const { printable } = require('../printable.js');

// Classes that are told: the first say it, the others are their consequences.
const CLASSES = 5;
// A class is told from this share of all growth on, or when it grows with every second call.
const SHARE = 0.05;
const CALLS_SHARE = 0.5;
// A way that names no more than the object itself: a variable of some function that is running.
const SAYS_NOTHING = /^\(local variable\)(?: → (?:\(anonymous\)\(\)|[^.→[\](]+))?$/;

class LeakError extends Error {
  name = 'LeakError';
  code = 'ERR_MEMWATCH_LEAK';
  help = helpFor('ERR_MEMWATCH_LEAK');

  constructor({ name, calls, bytesPerCall, interval, grown, grownCalls, details, suspects, holder }) {
    const classes = tellingClasses({ details, grown, calls: grownCalls, ofWork: partOfWork(name, holder) });
    const [low, high] = interval.map(bytesInWords);
    super(
      [
        `${name} leaves ${bytesInWords(bytesPerCall)} behind with each call (${low} to ${high}, seen in ${count(calls)} calls).`,
        ...section(`Left by ${count(grownCalls)} more calls:`, classes.map(classRow)),
        ...section('Kept by:', classes.flatMap(keeperRow)),
        ...section('Allocated by:', suspects.map(suspectRow)),
      ]
        .map(printable)
        .join('\n'),
    );
    this.bytesPerCall = bytesPerCall;
    this.interval = interval;
    this.calls = calls;
    this.classes = classes;
    this.suspects = suspects;
  }
}

// Between two objects of a path.
const STEP = ' → ';

/**
 * A path without its beginning, where that is how the repeated work itself is kept: by `holder`, and what is there.
 * @param {string} name @param {string} holder
 */
const partOfWork = (name, holder) => (/** @type {string} */ path) => {
  const at = path.indexOf(holder + STEP);
  const next = at === -1 ? -1 : path.indexOf(STEP, at + holder.length + STEP.length);
  return next === -1 ? path : name + path.slice(next);
};

/** The classes that grew with the calls, what keeps most first. */
function tellingClasses({ details, grown, calls, ofWork }) {
  return details
    .map((entry) => ({
      class: entry.what,
      count: entry['+'] - entry['-'],
      bytes: entry.size_bytes,
      retainedBytes: entry.retained_size_bytes ?? entry.size_bytes,
      paths: (entry.paths ?? []).map((kept) => ({ ...kept, path: ofWork(kept.path) })),
    }))
    .filter((entry) => entry.bytes >= SHARE * grown || (entry.bytes > 0 && entry.count >= CALLS_SHARE * calls))
    .sort((a, b) => b.retainedBytes - a.retainedBytes)
    .slice(0, CLASSES);
}

const section = (title, rows) => (rows.length === 0 ? [] : ['', title, ...rows.map((row) => `  ${row}`)]);

const classRow = (entry) => `${entry.class}: ${signed(entry.count)}, ${bytesInWords(entry.bytes)}`;

function keeperRow(entry) {
  const most = entry.paths.find(({ path }) => !SAYS_NOTHING.test(path));
  return most === undefined ? [] : [`${entry.class}: ${most.path} (${Math.round(most.share * 100)} %)`];
}

function suspectRow(suspect) {
  const place = suspect.file === null ? '' : ` at ${suspect.file}:${suspect.line}:${suspect.column}`;
  return `${suspect.function}${place}: ${bytesInWords(suspect.growthBytes)}, ${Math.round(suspect.share * 100)} %`;
}

// Not the locale's: messages are the same everywhere.
const count = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

const signed = (value) => (value < 0 ? `-${count(-value)}` : `+${count(value)}`);

module.exports = { LeakError };
