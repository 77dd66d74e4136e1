'use strict';
// An existing file of a flight recorder: whether it is one, which process writes it, and whether it may
// be replaced. It moves only files that memwatch has written, and reads regular files only: a
// pipe may never end. recorder.js defines the content.

const fs = require('node:fs');
const path = require('node:path');
const { threadId } = require('node:worker_threads');
const { readRegular } = require('../own-file.js');
const { wallClock } = require('../own-time.js');
const { pidNamespace, startOfProcess } = require('../process-start.js');
const { isNameBeside } = require('../whole-file.js');
const { MOST_BYTES, isRecord } = require('./format.js');

// How late the last word may be where nothing is collected; and after how long a silence a
// file is left, if it cannot be determined from here whether its process runs.
const HEARTBEAT_MS = 30_000;
const SILENT_AFTER_MS = 3 * HEARTBEAT_MS;

// Work in a locked directory takes milliseconds. Many processes may start together.
const LOCK_PATIENCE_MS = 2000;

/** Who writes one here: numbers of processes are used again, and in another container mean others. */
function writer() {
  return {
    pid: process.pid,
    thread: threadId,
    processStart: startOfProcess('self') ?? null,
    pidNamespace: pidNamespace() ?? null,
  };
}

/** Whether the number of a box's process means the same here. Earlier versions did not say. */
const isInSight = ({ pidNamespace: its }, here) => its === undefined || its === here.pidNamespace;

function isWrittenBy(box, here) {
  const isSame = ['pid', 'thread', 'processStart'].every((field) => box[field] === here[field]);
  return isSame && isInSight(box, here);
}

/** The record in a regular file; undefined without one. Throws if the file may not be read. */
function read(name) {
  const found = fs.statSync(name, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > MOST_BYTES) return undefined;
  const text = readRegular(name, { mostBytes: MOST_BYTES, follow: true });
  try {
    const box = JSON.parse(text);
    return isRecord(box) ? box : undefined;
  } catch {
    return undefined;
  }
}

function writtenBy(box, here) {
  if (!isInSight(box, here))
    return new Error('a process in another container writes it; use a different name for each');
  const by = box.pid === here.pid ? `thread ${box.thread}` : `process ${box.pid}`;
  return new Error(`${by} writes it; put {pid} and {thread} into its name`);
}

/**
 * @typedef {ReturnType<typeof recordFiles>} RecordFiles
 *
 * @param {Pick<import('../types.js').Addon, 'FileLock'>} addon
 */
function recordFiles({ FileLock }) {
  /** Whether its writer has locked this file; nothing if that cannot be known. */
  function isLocked(name) {
    const lock = new FileLock();
    const state = lock.take(name, 0);
    lock.release();
    return state === 'unknown' ? undefined : state === 'held';
  }

  /**
   * Whether no process writes this file any more. The system takes a writer's lock back when it ends,
   * in whichever container; a box without one goes by what can be seen of its process.
   * @param {boolean} ofSilent  the answer for one that cannot be seen from here and is silent
   */
  function isLeft(name, box, here, ofSilent) {
    if (box.ended || isWrittenBy(box, here)) return true;
    if (isInSight(box, here)) {
      const runs = Boolean(box.processStart) && startOfProcess(box.pid) === box.processStart;
      if (!runs && (box.processStart || box.locked !== true)) return true;
      return box.locked === true && isLocked(name) === false;
    }
    const locked = box.locked === true ? isLocked(name) : undefined;
    return locked === undefined ? ofSilent : !locked;
  }

  /** Throws where another process or thread writes this box. */
  function assertLeft(name, box) {
    const here = writer();
    if (!isLeft(name, box, here, true)) throw writtenBy(box, here);
  }

  /**
   * Throws where something of this name has to stay. A link may go, and is never followed,
   * unless it stands for a directory or a device; an empty file holds nothing.
   * @returns {boolean} whether there is something that is worth keeping
   */
  function mayGo(name) {
    const found = fs.lstatSync(name, { throwIfNoEntry: false });
    if (found === undefined) return false;
    const isLink = found.isSymbolicLink();
    // One that leads nowhere is not worth keeping.
    if (isLink && !fs.existsSync(name)) return false;
    const target = isLink ? fs.statSync(name) : found;
    if (target.isDirectory())
      throw new Error(`${name} is a directory, but a flight recorder file must be a regular one`);
    if (!target.isFile()) throw new Error(`${name} is not a regular file`);
    if (!isLink && target.size === 0) return false;
    const box = read(name);
    if (box !== undefined) assertLeft(name, box);
    else if (!isLink) throw new Error(`${name} was not written by memwatch and is left unchanged`);
    return true;
  }

  /** Whether a box is of a program that did not end well: the one that somebody will look for. */
  const isOfCrash = (box) => box !== undefined && box.ended?.status !== 0;

  /**
   * Keeps what the run before has left, which may be why somebody looks. Throws, and touches
   * nothing, where something has to stay. The box of a crash does not give way to one of a run
   * that ended well.
   */
  function setAside(name) {
    if (!mayGo(name)) return;
    const previous = `${name}.previous`;
    if (mayGo(previous) && isOfCrash(read(previous)) && !isOfCrash(read(name))) return;
    fs.renameSync(name, previous);
  }

  /** Removes what writers of this box have left that were killed before it had its name. */
  function sweep(name) {
    const directory = path.dirname(name);
    for (const entry of fs.readdirSync(directory)) {
      if (!isNameBeside(entry, name)) continue;
      const file = path.join(directory, entry);
      const found = fs.lstatSync(file, { throwIfNoEntry: false });
      // Windows has no numbers of users; there a directory belongs to one.
      const isOurs = process.geteuid === undefined || found?.uid === process.geteuid();
      if (found?.isFile() && isOurs && isLocked(file) === false) fs.rmSync(file, { force: true });
    }
  }

  /** Does something in the directory of a box that no other process does there meanwhile. */
  function alone(name, act) {
    const lock = new FileLock();
    const directory = path.dirname(name);
    if (lock.take(directory, LOCK_PATIENCE_MS) === 'held') throw new Error(`another process has locked ${directory}`);
    try {
      act();
    } finally {
      lock.release();
    }
  }

  /**
   * Takes the name for this process: of several that start together one is first, and the others
   * find its box. Where the directory cannot be locked, two may both think that they are.
   * @param {string} name
   * @param {() => void} put  writes the first box
   */
  function take(name, put) {
    alone(name, () => {
      setAside(name);
      put();
      sweep(name);
    });
  }

  /** Distinguishes a file from one that was renamed into its place, without reading it. */
  function traceOf(name) {
    const found = fs.lstatSync(name, { throwIfNoEntry: false });
    return found && `${found.ino} ${found.mtimeMs}`;
  }

  /**
   * Throws where the box is another's by now, who did not see that this process runs: then one of
   * the two goes on, and not both by turns. What it has left is set aside.
   * @param {string | undefined} trace of what was written here last
   */
  function assertOurs(name, trace) {
    if (traceOf(name) === trace) return;
    alone(name, () => {
      const here = writer();
      const box = read(name);
      if (box === undefined) return void mayGo(name);
      if (isWrittenBy(box, here)) return;
      const isSilent = wallClock() - box.writtenAt >= SILENT_AFTER_MS;
      if (!isLeft(name, box, here, isSilent)) throw writtenBy(box, here);
      setAside(name);
    });
  }

  return { assertOurs, take, traceOf };
}

module.exports = { HEARTBEAT_MS, recordFiles, writer };
