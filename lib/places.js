'use strict';
// A function and its place in the code, in words for people. Text only: whoever prints it sees
// to what a terminal or a page needs.

/** A function as people write it; the name of one without a name is no call. */
const called = (/** @type {string} */ name) => (name.startsWith('(') ? name : `${name}()`);

/** The end of a path, which is what people know a file by. */
const shortened = (/** @type {string} */ file) =>
  file
    .replace(/^file:\/\//, '')
    .split(/[\\/]/)
    .slice(-1)[0];

/**
 * `track() server.js:6`; the name alone of a function without a file.
 * @param {{ function: string, file: string | null, line: number | null }} site
 */
function placeOf({ function: name, file, line }) {
  if (!file) return called(name);
  return `${called(name)} ${shortened(file)}${Number.isFinite(line) ? `:${line}` : ''}`;
}

module.exports = { called, placeOf };
