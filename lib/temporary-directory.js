'use strict';
// Directories for the files of open heap diffs, which are useless after this process: each
// for this user alone, removed on request or when the process ends. Leftovers of a crash are
// removed by the next process that makes one. The contents are not known here.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { withCode } = require('./errors.js');
const { pidNamespace, startOfProcess } = require('./process-start.js');

// Name, process, its start, the namespace of its number, and what mkdtemp adds.
const NAME = /^memwatch-diff-(\d+)-(\d*)-(\d*)-\w{6}$/;

const isWindows = process.platform === 'win32';
const digits = (text = '') => text.replace(/\D/g, '');

/** Names of those that are to be removed when this thread ends. */
const kept = new Set();

function removeAll() {
  for (const name of kept) remove(name);
}

/** Never throws: it is called when the program ends, and must not change how. @param {string} name */
function remove(name) {
  if (kept.delete(name) && kept.size === 0) process.off('exit', removeAll);
  try {
    fs.rmSync(name, { recursive: true, force: true });
  } catch {
    // The next process that makes one tries again.
  }
}

/** Whether a directory is this user's alone, and no link to another. @param {string} name */
function isOurs(name) {
  const found = fs.lstatSync(name);
  return found.isDirectory() && (isWindows || (found.uid === process.geteuid?.() && (found.mode & 0o077) === 0));
}

/**
 * Whether the process that made a directory may be there still.
 * @param {string} pid
 * @param {string | undefined} start
 * @param {string | undefined} namespace
 */
function mayRun(pid, start, namespace) {
  // Numbers of another container mean other processes.
  if (namespace !== digits(pidNamespace())) return true;
  const found = startOfProcess(pid);
  if (found !== undefined) return found === start;
  try {
    // Without /proc, whether there is a process of the number is all that can be known.
    return start === '' && process.kill(Number(pid), 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Removes what processes of this user have left that ended without doing so. */
function sweep() {
  const root = os.tmpdir();
  /** @type {string[]} */
  let names = [];
  try {
    names = fs.readdirSync(root);
  } catch {
    // Where nothing can be read nothing can be made.
  }
  for (const entry of names) {
    const [, pid, start, namespace] = NAME.exec(entry) ?? [];
    if (pid === undefined) continue;
    const name = path.join(root, entry);
    try {
      if (isOurs(name) && !mayRun(pid, start, namespace)) fs.rmSync(name, { recursive: true, force: true });
    } catch {
      // Another process was quicker.
    }
  }
}

/**
 * @returns {{name: string, remove: () => void}}
 */
function makeDirectory() {
  sweep();
  const start = digits(startOfProcess('self'));
  const prefix = `memwatch-diff-${process.pid}-${start}-${digits(pidNamespace())}-`;
  let name;
  try {
    // mkdtemp creates it for this user alone.
    name = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
  } catch (error) {
    const why = `temporary files cannot be created in ${os.tmpdir()}: ${error.message}; set TMPDIR to another directory`;
    throw withCode(new Error(why), 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY');
  }
  if (kept.size === 0) process.once('exit', removeAll);
  kept.add(name);
  return { name, remove: () => remove(name) };
}

module.exports = { makeDirectory, sweep };
