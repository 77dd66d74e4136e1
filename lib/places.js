'use strict';
// A function and its location in the code, as text for people. Text only: the callers escape it for
// a terminal or a page.

/** A function as people write it; an anonymous one has no parentheses. */
const called = (/** @type {string} */ name) => (name.startsWith('(') ? name : `${name}()`);

/** The end of a path, which is what people know a file by. */
const shortened = (/** @type {string} */ file) =>
  file
    .replace(/^file:\/\//, '')
    .split(/[\\/]/)
    .slice(-1)[0];

/**
 * `track() server.js:6`; the name alone of a function without a file. Of native memory also what it called:
 * `track() server.js:6, by node::crypto::Hash::New`.
 * @param {{ function: string, file: string | null, line: number | null, native?: { function: string, object: string | null } | null }} site
 * @param {(file: string) => string} [named]  how a file is named
 */
function placeOf({ function: name, file, line, native }, named = shortened) {
  if (!file && native?.function === name) return native.object === null ? name : `${name} (${native.object})`;
  if (!file) return called(name);
  const by = native ? `, by ${native.function}` : '';
  return `${called(name)} ${named(file)}${Number.isFinite(line) ? `:${line}` : ''}${by}`;
}

module.exports = { called, placeOf };
