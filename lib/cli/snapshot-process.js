'use strict';
// `memwatch snapshot PID`: has a running program take a snapshot of itself: over the local socket
// that it has to `memwatch run` or to its dashboard (snapshot-asked.js), or by the signal that it
// watches. It sends a signal only to a program known to watch it: others would die of it. The
// binary reads those from outside (crates/attach).

const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { constants } = require('node:os');
const { withCode } = require('../errors.js');
const { printable } = require('../printable.js');
const { pidNamespace, startOfProcess } = require('../process-start.js');
const { findFeed } = require('../dashboard/addresses.js');
const { filesOf, readPresence } = require('../triggers/presence.js');
const { pipeOf } = require('../triggers/pipe.js');
const { mistake } = require('./arguments.js');
const { ask } = require('./ask-process.js');
const { runBinary } = require('./binary.js');
const { askForSnapshot } = require('./snapshot-asked.js');

const TIMEOUT_S = 600;
const LOOK_EVERY_MS = 50;

const HOW =
  "memwatch run, a dashboard (memwatch.dashboard()), memwatch.configure({ snapshots: { onSignal: 'SIGUSR2' } }), or MEMWATCH_SNAPSHOT_SIGNAL=SIGUSR2 when it is started";

function refusal(code, message) {
  return withCode(new Error(message), code);
}

/** What /proc says of a process: its start, its user, its own number for itself, the signals it handles. */
function look(pid) {
  const start = startOfProcess(pid);
  if (start === undefined) throw refusal('ERR_MEMWATCH_NO_SUCH_PROCESS', `process ${pid} does not exist`);
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(status)?.[1].split(/\s+/) ?? [];
  return {
    start,
    user: Number(field('Uid')[1]),
    ownPid: Number(field('NSpid').at(-1) ?? pid),
    handled: BigInt(`0x${field('SigCgt')[0] ?? '0'}`),
    namespace: pidNamespace(pid),
  };
}

/** What the process says of itself; nothing where it says nothing, or somebody else does. */
function read(pid, { ownPid, start, user, namespace }) {
  for (const name of filesOf(ownPid, namespace)) {
    try {
      // Through its own root: in a container, it has a /tmp of its own.
      const present = readPresence(`/proc/${pid}/root${name}`, user);
      if (present.start === start) return present;
    } catch {
      // Not there, or nothing that can be read.
    }
  }
  return undefined;
}

function hasHandler({ handled }, signal) {
  return ((handled >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** Waits until the process has reported one more. */
async function outcome(pid, before, timeout) {
  const until = performance.now() + timeout * 1000;
  while (performance.now() < until) {
    await sleep(LOOK_EVERY_MS);
    const process = look(pid);
    if (process.start !== before.start) break;
    const present = read(pid, process);
    if (present !== undefined && present.done > before.done) return present.last;
  }
  throw refusal(
    'ERR_MEMWATCH_NO_ANSWER',
    `process ${pid} has not reported a snapshot within ${timeout} s: it ended, or its event loop is blocked`,
  );
}

/** Why there is no snapshot, in the words of the process. */
function failure(pid, last) {
  if (last === null || !/^ERR_[A-Z_]+$/.test(last.code)) {
    return refusal('ERR_MEMWATCH_NO_ANSWER', `process ${pid} has not reported the result of the snapshot`);
  }
  return refusal(last.code, last.message);
}

/** The signal on which a process takes a snapshot, as it says itself; nothing where it takes none. */
function triggerOf(pid) {
  const target = look(pid);
  const present = read(pid, target);
  const isWatched =
    present !== undefined && Object.hasOwn(constants.signals, present.signal) && hasHandler(target, present.signal);
  return isWatched ? present : undefined;
}

/** By that signal. @returns {Promise<string>} the file */
async function bySignal(pid, present, timeout) {
  try {
    process.kill(Number(pid), present.signal);
  } catch (error) {
    throw refusal('ERR_MEMWATCH_NO_SUCH_PROCESS', `process ${pid} cannot be sent a signal: ${error.message}`);
  }
  const last = await outcome(pid, present, timeout);
  if (last?.path === undefined) throw failure(pid, last);
  return last.path;
}

/** Whether an operand is the number of a process. @param {string} word */
const isPid = (word) => /^[1-9]\d{0,9}$/.test(word);

/** On Windows: over the named pipe that stands in for the signal. @param {string} pid @param {number} timeout */
async function byPipe(pid, timeout) {
  try {
    const how = { timeoutMs: timeout * 1000, of: 'a snapshot' };
    return (await ask(pipeOf(pid), { pid: Number(pid), action: 'snapshot' }, how)).file;
  } catch (error) {
    throw error.isGone ? notAskable(pid) : error;
  }
}

/** Why a process on Windows cannot be queried. @param {string} pid */
function notAskable(pid) {
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error.code === 'ESRCH') return refusal('ERR_MEMWATCH_NO_SUCH_PROCESS', `process ${pid} does not exist`);
  }
  return refusal('ERR_MEMWATCH_NO_TRIGGER', `process ${pid} does not take snapshots on request; it needs ${HOW}`);
}

/**
 * A snapshot that the process takes itself: it has loaded memwatch and registered.
 * @param {string} pid
 * @param {{thread?: string, stop?: boolean, timeout?: number}} [asked]
 * @returns {Promise<string | undefined>} the file; nothing if the process cannot be queried
 */
async function takenInside(pid, { thread, stop = false, timeout = TIMEOUT_S } = {}) {
  const address = findFeed(Number(pid));
  const bySocket = () => askForSnapshot({ address, pid: Number(pid), thread, stop, timeout });
  if (thread !== undefined) return bySocket();
  if (address !== null) {
    try {
      return await bySocket();
    } catch (error) {
      // `memwatch run` was killed, and the program lives on.
      if (!error.isGone) throw error;
    }
  }
  if (process.platform === 'win32') return byPipe(pid, timeout);
  if (process.platform !== 'linux') {
    throw refusal(
      'ERR_MEMWATCH_USAGE',
      'snapshot finds processes on Linux only; send the signal yourself: kill -USR2 PID',
    );
  }
  const trigger = triggerOf(pid);
  return trigger && bySignal(pid, trigger, timeout);
}

/** From outside, by the binary. @param {{pid: string, json: boolean, out?: string, isolate?: number}} asked */
function fromOutside({ pid, json, out, isolate }) {
  // What the binary refuses there: of more help is what the program needs.
  if (process.arch !== 'x64' && out === undefined) {
    throw refusal('ERR_MEMWATCH_NO_TRIGGER', `process ${pid} does not take snapshots on request; it needs ${HOW}`);
  }
  const words = ['snapshot', pid];
  if (out !== undefined) words.push(`--out=${out}`);
  if (isolate !== undefined) words.push(`--isolate=${isolate}`);
  if (json) words.push('--json');
  return runBinary(words);
}

/**
 * @returns {Promise<string | {status: number}>} the output, or the exit of the binary that has printed it
 * @param {import('./arguments.js').Asked} asked
 */
async function run({ json, request }) {
  const { files, out, isolate, ...asked } = request;
  const [pid] = files;
  if (!isPid(pid)) {
    throw withCode(new TypeError(`snapshot takes a process id, not '${pid}'`), 'ERR_MEMWATCH_USAGE');
  }
  const isOutside = out !== undefined || isolate !== undefined;
  if (isOutside && asked.thread !== undefined) {
    throw mistake('--thread is for a process that takes its snapshots itself: it contradicts --out and --isolate');
  }
  const path = isOutside ? undefined : await takenInside(pid, asked);
  if (path === undefined) return { status: await fromOutside({ pid, json, out, isolate }) };
  return json ? `${JSON.stringify({ path }, null, 2)}\n` : `${printable(path)}\n`;
}

module.exports = { isPid, run, takenInside };
