'use strict';
// Node's permission model (--permission) for what native code reads and writes: it binds
// JavaScript alone, so the addon's files are checked here before the addon is asked. What
// fs and net do, Node checks itself.

const path = require('node:path');
const { withCode } = require('./errors.js');
const { wholePath } = require('./file-names.js');

// The addon writes next to the file, under a name with this suffix, and renames.
const BESIDE = '.0.memwatch-partial';

/** @param {string} scope @param {string} file */
function isForbidden(scope, file) {
  return process.permission !== undefined && !process.permission.has(scope, wholePath(file));
}

/** @param {string} sentence @param {string} scope @param {string} resource */
function forbidden(sentence, scope, resource) {
  const error = withCode(new Error(sentence), 'ERR_MEMWATCH_PERMISSION');
  return Object.assign(error, { permission: scope, resource });
}

/** Throws where this process may not write files of a directory. @param {string} directory */
function checkWritingIn(directory) {
  const all = path.join(wholePath(directory), '*');
  if (!isForbidden('fs.write', path.join(directory, BESIDE))) return;
  throw forbidden(
    `Node's permission model forbids writing in ${directory}: --allow-fs-write=${all} would allow it.`,
    'FileSystemWrite',
    wholePath(directory),
  );
}

/** Throws if this process may not write a file, which is first written next to its final path. @param {string} file */
function checkWriting(file) {
  checkWritingIn(path.dirname(wholePath(file)));
  if (!isForbidden('fs.write', file)) return;
  throw forbidden(
    `Node's permission model forbids writing ${file}: --allow-fs-write would allow it.`,
    'FileSystemWrite',
    wholePath(file),
  );
}

/** Throws where this process may not read a file. @param {string} file */
function checkReading(file) {
  if (!isForbidden('fs.read', file)) return;
  throw forbidden(
    `Node's permission model forbids reading ${file}: --allow-fs-read=${wholePath(file)} would allow it.`,
    'FileSystemRead',
    wholePath(file),
  );
}

/** A sentence where options of Node's forbid native addons; undefined where none does. @param {string[]} options */
function whyNoAddons(options) {
  const given = new Set(options.map((option) => option.replace(/=.*$/s, '').replace(/_/g, '-').replace(/^-+/, '--')));
  if (given.has('--no-addons')) return 'The option --no-addons of Node.js forbids native addons, and memwatch is one.';
  if (!(given.has('--permission') || given.has('--experimental-permission')) || given.has('--allow-addons'))
    return undefined;
  return "Node's permission model forbids native addons, and memwatch is one: add --allow-addons.";
}

module.exports = { checkReading, checkWriting, checkWritingIn, whyNoAddons };
