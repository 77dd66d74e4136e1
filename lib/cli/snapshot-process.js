'use strict';
// `memwatch snapshot PID`: has a running program take a snapshot of itself, by the signal
// that it watches. It never sends one to a program of which it does not know that it does:
// what the others do on such a signal is to die.

const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { constants } = require('node:os');
const { withCode } = require('../errors.js');
const { printable } = require('../printable.js');
const { pidNamespace, startOfProcess } = require('../process-start.js');
const { filesOf, readPresence } = require('../triggers/presence.js');

const TIMEOUT_S = 600;
const LOOK_EVERY_MS = 50;

const HOW = "memwatch.configure({ snapshotSignal: 'SIGUSR2' }), or MEMWATCH_SNAPSHOT_SIGNAL=SIGUSR2 when it is started";

function refusal(code, message) {
  return withCode(new Error(message), code);
}

/** What /proc says of a process: its start, its user, its own number for itself, the signals it handles. */
function look(pid) {
  const start = startOfProcess(pid);
  if (start === undefined) throw refusal('ERR_MEMWATCH_NO_SUCH_PROCESS', `there is no process ${pid}`);
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
    `process ${pid} has not told of a snapshot within ${timeout} s: it ended, or its event loop stands still`,
  );
}

/** Why there is none, in the words of the process that was asked. */
function failure(pid, last) {
  if (last === null || !/^ERR_[A-Z_]+$/.test(last.code)) {
    return refusal('ERR_MEMWATCH_NO_ANSWER', `process ${pid} does not say what became of the snapshot`);
  }
  return refusal(last.code, last.message);
}

/** @returns {Promise<string>} what is printed */
async function run({ json, request }) {
  const [word] = request.files;
  if (process.platform !== 'linux') {
    throw refusal('ERR_MEMWATCH_USAGE', 'snapshot finds processes on Linux only; send the signal yourself: kill -USR2 PID');
  }
  if (!/^[1-9]\d{0,9}$/.test(word)) {
    throw withCode(new TypeError(`snapshot takes the number of a process, not '${word}'`), 'ERR_MEMWATCH_USAGE');
  }
  const target = look(word);
  const present = read(word, target);
  if (present === undefined || !Object.hasOwn(constants.signals, present.signal) || !hasHandler(target, present.signal)) {
    throw refusal('ERR_MEMWATCH_NO_TRIGGER', `process ${word} takes no snapshot when asked to; it needs ${HOW}`);
  }
  try {
    process.kill(Number(word), present.signal);
  } catch (error) {
    throw refusal('ERR_MEMWATCH_NO_SUCH_PROCESS', `process ${word} cannot be sent a signal: ${error.message}`);
  }
  const last = await outcome(word, present, request.timeout ?? TIMEOUT_S);
  if (last?.path === undefined) throw failure(word, last);
  return json ? `${JSON.stringify({ path: last.path }, null, 2)}\n` : `${printable(last.path)}\n`;
}

module.exports = { run };
