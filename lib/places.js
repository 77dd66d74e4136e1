'use strict';
// A function and its location in the code, as text for people. Text only: the callers escape it for
// a terminal or a page.

/** A function as people write it; an anonymous one has no parentheses. */
const called = (/** @type {string} */ name) => (name.startsWith('(') ? name : `${name}()`);

/** Names that many files of a project have. What people know such a file by is its folder. */
const COMMON_NAME = /^(index|route|page|layout|handler|controller|service|middleware|types|utils)\.[cm]?[jt]sx?$/;

/** Folders that say as little: of sources and builds, and Next.js's of a parameter and of a group of routes. */
const COMMON_FOLDER = /^(src|lib|dist|build|out|esm|cjs|\[.*\]|\(.*\))$/;

/** So many parts of a path at most: a line in a terminal has other things to say. */
const MOST_PARTS = 4;

/** The end of a path, which is what people know a file by: `server.js`, `users/index.ts`, `users/[id]/route.ts`. */
function shortened(/** @type {string} */ file) {
  const parts = file
    .replace(/^file:\/\//, '')
    .split(/[\\/]/)
    .filter(Boolean);
  let from = parts.length - 1;
  const least = Math.max(0, parts.length - MOST_PARTS);
  if (COMMON_NAME.test(parts[from])) {
    do from--;
    while (from > least && COMMON_FOLDER.test(parts[from]));
  }
  return parts.slice(Math.max(from, 0)).join('/');
}

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
