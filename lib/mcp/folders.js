'use strict';
// Which files an assistant may ask for: regular ones in the folders that it was given, links resolved. Reads directories,
// and no file.

const fs = require('node:fs');
const path = require('node:path');
const { withCode } = require('../errors.js');

/** What a snapshot or a core file is called. */
const NAME = /\.heap(?:snapshot|timeline)(?:\.gz|\.zst)?$|^core(?:\.\d+)?$/;

const MOST_LISTED = 50;
const DEPTH = 2;

class Folders {
  #folders;
  /** Files that were made for the assistant, wherever they are. */
  #given = new Set();

  /** @param {string[]} folders  throws where one is no directory */
  constructor(folders) {
    this.#folders = folders.map((folder) => {
      const real = realPath(folder);
      if (real === undefined || !fs.statSync(real).isDirectory())
        throw withCode(new TypeError(`${folder} is not a directory`), 'ERR_MEMWATCH_USAGE');
      return real;
    });
  }

  /** @param {string} file */
  give(file) {
    const real = realPath(file);
    if (real !== undefined) this.#given.add(real);
  }

  /**
   * The path of a file that may be read; relative to the first folder where it is not absolute.
   * @param {string} file
   */
  check(file) {
    const outside = () => {
      const sentence = `${file} is not in the folders that may be read: ${this.#folders.join(', ')}`;
      return withCode(new Error(sentence), 'ERR_MEMWATCH_OUTSIDE_FOLDERS');
    };
    const named = path.resolve(this.#folders[0], file);
    const real = realPath(named);
    // Of what is outside, not even whether it is there.
    if (real === undefined && !this.#isInside(named)) throw outside();
    if (real === undefined)
      throw withCode(new Error(`${file} cannot be read: no such file`), 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE');
    if (!this.#isInside(real) && !this.#given.has(real)) throw outside();
    if (!fs.statSync(real).isFile())
      throw withCode(new Error(`${file} is not a regular file`), 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE');
    return real;
  }

  /** @param {string} file */
  #isInside(file) {
    return this.#folders.some((folder) => isWithin(folder, file));
  }

  /**
   * The folder that a file is in; the first for one that was made elsewhere.
   * @param {string} file
   */
  around(file) {
    return this.#folders.find((folder) => isWithin(folder, file)) ?? this.#folders[0];
  }

  /** Snapshots and core files there, the newest first. */
  list() {
    const files = [...new Set([...this.#folders.flatMap((folder) => filesIn(folder, DEPTH)), ...this.#given])];
    const known = files.flatMap((file) => {
      const status = fs.statSync(file, { throwIfNoEntry: false });
      return status?.isFile() ? [{ file, bytes: status.size, modified: status.mtime.toISOString() }] : [];
    });
    known.sort((one, other) => (one.modified < other.modified ? 1 : -1));
    return { files: known.slice(0, MOST_LISTED), more: Math.max(0, known.length - MOST_LISTED) };
  }
}

/** @param {string} folder @param {string} file */
function isWithin(folder, file) {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

/** @param {string} folder @param {number} depth @returns {string[]} */
function filesIn(folder, depth) {
  /** @type {fs.Dirent[]} */
  let entries;
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isFile()) return NAME.test(entry.name) ? [file] : [];
    const isOther = !entry.isDirectory() || entry.name === 'node_modules' || entry.name.startsWith('.');
    return isOther || depth <= 1 ? [] : filesIn(file, depth - 1);
  });
}

/** @param {string} file */
function realPath(file) {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

module.exports = { Folders };
