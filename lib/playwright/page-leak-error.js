'use strict';
// The error of expectNoLeak for a page, and its message: the objects that stay, their holder, and the reference to cut.
// Computes none of it.

const { helpFor } = require('../errors.js');
const { bytesInWords, mean } = require('../format.js');
const { printable } = require('../printable.js');

class PageLeakError extends Error {
  name = 'PageLeakError';
  code = 'ERR_MEMWATCH_LEAK';
  help = helpFor('ERR_MEMWATCH_LEAK');

  constructor({ name, actions, bytesPerAction, classes }) {
    const [first] = classes;
    super(
      [
        `${name} leaves ${mean(first.count / actions)} ${first.class} behind with each action, seen in ${actions} actions.`,
        '',
        `Left by ${actions} actions:`,
        ...classes.map((entry) => `  ${classRow(entry, actions)}`),
        '',
        'Kept by:',
        ...classes.map(({ class: what, path }) => `  ${what}: ${path}`),
        '',
        'Cut here:',
        `  ${first.cut}`,
      ]
        .map(printable)
        .join('\n'),
    );
    this.actions = actions;
    this.bytesPerAction = bytesPerAction;
    this.classes = classes;
  }
}

function classRow({ class: what, count, retainedBytes, file, line }, actions) {
  const place = file === null ? '' : `, ${file}:${line}`;
  return `${what}: +${count} (${mean(count / actions)} each), retain ${bytesInWords(retainedBytes)} more${place}`;
}

module.exports = { PageLeakError };
