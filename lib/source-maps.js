'use strict';
// Places in generated code as places in its source, where Node has the source maps: with
// --enable-source-maps or process.setSourceMapsEnabled(true). It reads no map itself.

const { findSourceMap } = require('node:module');
const { fileURLToPath } = require('node:url');

/** A place in the code. @typedef {{ file: string | null, line: number | null, column: number | null, package: string | null }} Place */

/**
 * What maps sites, and single frames, to their sources.
 * @param {Pick<import('./types.js').Addon, 'packageOfFile'>} addon
 */
function mapperBy({ packageOfFile }) {
  /**
   * A site with its source's file, line, column and package, and so its stack.
   * @template {Place & { stack: Place[] }} Site
   * @param {Site} site
   */
  function mapped(site) {
    return { ...place(site), stack: site.stack.map(place) };
  }

  /**
   * A frame with those of its source; the same frame where no map has it.
   * @template {Place} Frame
   * @param {Frame} frame
   * @returns {Frame}
   */
  function place(frame) {
    const { file, line, column } = frame;
    if (file === null || line === null || column === null || frame.package === 'node') return frame;
    const entry = entryOf(file, line, column);
    if (entry === undefined) return frame;
    const source = pathOf(entry.originalSource);
    return {
      ...frame,
      file: source,
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
      package: packageOfFile(source) ?? frame.package,
    };
  }

  return { mapped, place };
}

/**
 * What the map of a file says; it counts from 0.
 * @returns {import('node:module').SourceMapping | undefined}
 * @param {string} file
 * @param {number} line
 * @param {number} column
 */
function entryOf(file, line, column) {
  try {
    const entry = findSourceMap(file)?.findEntry(line - 1, column - 1);
    return entry !== undefined && 'originalSource' in entry && typeof entry.originalSource === 'string'
      ? entry
      : undefined;
  } catch {
    // An unreadable map counts as missing.
    return undefined;
  }
}

/** @param {string} source */
function pathOf(source) {
  try {
    return source.startsWith('file:') ? fileURLToPath(source) : source;
  } catch {
    return source;
  }
}

module.exports = { mapperBy };
