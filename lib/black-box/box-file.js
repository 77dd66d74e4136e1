'use strict';
// The file of a black box as it is found: whether it is one, who writes it, and whether it may
// give way. It moves nothing that memwatch has not written, and reads regular files only: a
// pipe may never end. What a black box holds is recorder.js's.

const fs = require('node:fs');
const { threadId } = require('node:worker_threads');
const { pidNamespace, startOfProcess } = require('../process-start.js');

// A black box has some ten KB; what is far larger is something else.
const MOST_BYTES = 8 << 20;

// How late the last word may be where nothing is collected; and after how long a silence a
// box is left, where nobody can see from here whether its process runs.
const HEARTBEAT_MS = 30_000;
const SILENT_AFTER_MS = 3 * HEARTBEAT_MS;

/** Whether a value is what memwatch writes, and this version reads. */
function isBlackBox(value) {
  return value?.version === 1 && Number.isFinite(value.writtenAt) && Array.isArray(value.series?.points);
}

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

/** The black box in a regular file; nothing where there is none. Throws where it may not be read. */
function read(name) {
  const found = fs.statSync(name, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > MOST_BYTES) return undefined;
  const text = fs.readFileSync(name, 'utf8');
  try {
    const box = JSON.parse(text);
    return isBlackBox(box) ? box : undefined;
  } catch {
    return undefined;
  }
}

function writtenBy(box, here) {
  if (!isInSight(box, here)) return new Error('a process of another container writes it; give each a name of its own');
  const by = box.pid === here.pid ? `thread ${box.thread}` : `process ${box.pid}`;
  return new Error(`${by} writes it; put {pid} and {thread} into its name`);
}

/** Throws where another process or thread that can be seen from here writes this box. */
function assertLeft(box) {
  const here = writer();
  if (!isInSight(box, here) || isWrittenBy(box, here)) return;
  if (box.processStart && startOfProcess(box.pid) === box.processStart) throw writtenBy(box, here);
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
  if (target.isDirectory()) throw new Error(`${name} is a directory, and a black box is a file`);
  if (!target.isFile()) throw new Error(`${name} is no regular file`);
  if (!isLink && target.size === 0) return false;
  const box = read(name);
  if (box !== undefined) assertLeft(box);
  else if (!isLink) throw new Error(`${name} is a file that memwatch has not written, and stays as it is`);
  return true;
}

/**
 * Keeps what the run before has left, which may be why somebody looks. Throws, and touches
 * nothing, where something has to stay.
 */
function setAside(name) {
  if (!mayGo(name)) return;
  const previous = `${name}.previous`;
  mayGo(previous);
  fs.renameSync(name, previous);
}

/** Tells a file from one that was renamed into its place, without reading it. */
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
  const here = writer();
  const box = read(name);
  if (box === undefined || isWrittenBy(box, here)) return;
  if (box.ended === null && Date.now() - box.writtenAt < SILENT_AFTER_MS) throw writtenBy(box, here);
  setAside(name);
}

module.exports = { HEARTBEAT_MS, MOST_BYTES, assertOurs, isBlackBox, setAside, traceOf, writer };
