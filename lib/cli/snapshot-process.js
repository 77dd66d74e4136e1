'use strict';
// `memwatch snapshot PID`: has a running program take a snapshot of itself: over the local socket
// that it has to `memwatch run` or to its page (snapshot-asked.js), or by the signal that it
// watches. It never sends one to a program of which it does not know that it does: what the others
// do on such a signal is to die.

const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { constants } = require('node:os');
const { withCode } = require('../errors.js');
const { printable } = require('../printable.js');
const { pidNamespace, startOfProcess } = require('../process-start.js');
const { findFeed } = require('../dashboard/addresses.js');
const { filesOf, readPresence } = require('../triggers/presence.js');
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

/** Waits until the process has told of one more. */
async function outcome(pid, before, timeout) {
  const until = performance.now() + timeout * 1000;
  while (performance.now() < until) {
    await sleep(LOOK_EVERY_MS);
    const process = look(pid);
    if (process.start !== before.start) break;
    const present = read(pid, process);
    if (present?.done > before.done) return present.last;
  }
  throw refusal(
    'ERR_MEMWATCH_NO_ANSWER',
    `process ${pid} has not reported a snapshot within ${timeout} s: it ended, or its event loop is blocked`,
  );
}

/** Why there is none, in the words of the process that was asked. */
function failure(pid, last) {
  if (last === null || !/^ERR_[A-Z_]+$/.test(last.code)) {
    return refusal('ERR_MEMWATCH_NO_ANSWER', `process ${pid} has not reported the result of the snapshot`);
  }
  return refusal(last.code, last.message);
}

/** By the signal that the process watches. @returns {Promise<string>} the file */
async function bySignal(pid, timeout) {
  if (process.platform !== 'linux') {
    throw refusal(
      'ERR_MEMWATCH_USAGE',
      'snapshot finds processes on Linux only; send the signal yourself: kill -USR2 PID',
    );
  }
  const target = look(pid);
  const present = read(pid, target);
  if (
    present === undefined ||
    !Object.hasOwn(constants.signals, present.signal) ||
    !hasHandler(target, present.signal)
  ) {
    throw refusal('ERR_MEMWATCH_NO_TRIGGER', `process ${pid} does not take snapshots on request; it needs ${HOW}`);
  }
  try {
    process.kill(Number(pid), present.signal);
  } catch (error) {
    throw refusal('ERR_MEMWATCH_NO_SUCH_PROCESS', `process ${pid} cannot be sent a signal: ${error.message}`);
  }
  const last = await outcome(pid, present, timeout);
  if (last?.path === undefined) throw failure(pid, last);
  return last.path;
}

/** @returns {Promise<string>} what is printed */
async function run({ json, request }) {
  const { files, thread, stop = false, timeout = TIMEOUT_S } = request;
  const [word] = files;
  if (!/^[1-9]\d{0,9}$/.test(word)) {
    throw withCode(new TypeError(`snapshot takes a process id, not '${word}'`), 'ERR_MEMWATCH_USAGE');
  }
  const address = findFeed(Number(word));
  const bySocket = () => askForSnapshot({ address, pid: Number(word), thread, stop, timeout });
  const path = await (thread !== undefined
    ? bySocket()
    : address === null
      ? bySignal(word, timeout)
      : bySocket().catch((error) => {
          // `memwatch run` was killed, and the program lives on.
          if (error.isGone) return bySignal(word, timeout);
          throw error;
        }));
  return json ? `${JSON.stringify({ path }, null, 2)}\n` : `${printable(path)}\n`;
}

module.exports = { run };
