'use strict';
// Positions in scripts as positions in their sources, by source maps in or next to the scripts: read in memwatch's own
// process, so that the program does not wait for it. It fetches nothing, reads no source, and names no function. Names of
// scripts come from programs, and are not trusted.

const fs = require('node:fs');
const { SourceMap } = require('node:module');
const path = require('node:path');
const { fileURLToPath } = require('node:url');

// Larger ones take a second and hundreds of megabytes.
const MOST_BYTES = 64 * 1024 * 1024;

// Scripts that are remembered: those of allocation sites are few.
const MOST_SCRIPTS = 200;

const COMMENT = '//# sourceMappingURL=';
const DATA = /^data:application\/json[^,]*;base64,/;

/** The text of a file; null if there is none or it is too large. @param {string} file */
function textOf(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() && stat.size <= MOST_BYTES ? fs.readFileSync(file, 'utf8') : null;
}

/** @param {string} script @returns {{ map: SourceMap, folder: string } | null} */
function readMap(script) {
  const text = textOf(script);
  if (text === null) return null;
  const folder = path.dirname(script);
  const at = text.lastIndexOf(COMMENT);
  const address = at < 0 ? '' : text.slice(at + COMMENT.length).split(/\s/, 1)[0];
  const inline = DATA.exec(address);
  if (inline !== null) {
    const json = Buffer.from(address.slice(inline[0].length), 'base64').toString();
    return { map: new SourceMap(JSON.parse(json)), folder };
  }
  const named = path.resolve(folder, decodeURIComponent(address));
  // Not elsewhere: a script must not have any file read.
  const isBelow = address !== '' && named.startsWith(folder + path.sep);
  for (const file of isBelow ? [named, `${script}.map`] : [`${script}.map`]) {
    const json = textOf(file);
    if (json !== null) return { map: new SourceMap(JSON.parse(json)), folder: path.dirname(file) };
  }
  return null;
}

/** @param {string} source @param {string} folder  of the map */
function pathOf(source, folder) {
  if (source.startsWith('file:')) return fileURLToPath(source);
  // A bundler's own address, such as webpack://shop/src/server.ts.
  return /^[a-z][a-z+.-]+:/i.test(source) ? source : path.resolve(folder, decoded(source));
}

/** A source beside the map is an address too: Next.js writes `users/%5Bid%5D/route.ts`. @param {string} source */
function decoded(source) {
  try {
    return decodeURIComponent(source);
  } catch {
    // A path that has a percent sign.
    return source;
  }
}

/** A place. @typedef {{ file: string, line: number | null, column: number | null }} Place */

/**
 * What names sources, for one run.
 * @returns {<T extends Place>(site: T) => T}
 */
function sources() {
  /** @type {Map<string, ReturnType<typeof readMap>>} */
  const known = new Map();

  /** @param {string} file */
  function mapOf(file) {
    const before = known.get(file);
    if (before !== undefined) return before;
    if (known.size >= MOST_SCRIPTS) known.clear();
    let found = null;
    try {
      const script = file.startsWith('file:') ? fileURLToPath(file) : file;
      if (path.isAbsolute(script)) found = readMap(script);
    } catch {
      // An unreadable map counts as missing.
    }
    known.set(file, found);
    return found;
  }

  return (site) => {
    const { file, line, column } = site;
    if (line === null || column === null || file === '') return site;
    const found = mapOf(file);
    try {
      const entry = /** @type {any} */ (found?.map.findEntry(line - 1, column - 1));
      if (found === null || typeof entry?.originalSource !== 'string') return site;
      const source = pathOf(entry.originalSource, found.folder);
      return { ...site, file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
    } catch {
      return site;
    }
  };
}

module.exports = { sources };
