'use strict';
// `memwatch native PID`: where the resident set of another process is. A process that is connected to `memwatch run` or
// to a dashboard is asked inside, where the allocator's own numbers are known; of others there is what the system says.
// It stops or changes neither.

const fs = require('node:fs');
const { withCode } = require('../errors.js');
const { findFeed } = require('../dashboard/addresses.js');
const { bytes } = require('../format.js');
const { nativeMemoryOf } = require('../own.js').nativeMemory;
const { table } = require('../native-memory/words.js');
const { ask } = require('./ask-process.js');

const ASKED_WITHIN_MS = 10_000;

const ONLY_INSIDE =
  'What malloc has in use is known inside of a process alone: to a program that memwatch run started, or that has a dashboard.';

function refusal(message) {
  return withCode(new Error(message), 'ERR_MEMWATCH_NO_SUCH_PROCESS');
}

/** From inside, where somebody answers; else undefined. */
async function inside(pid) {
  const address = findFeed(pid);
  if (address === null) return undefined;
  try {
    return await ask(address, { pid, action: 'native' }, { timeoutMs: ASKED_WITHIN_MS, of: 'its memory' });
  } catch {
    // Its event loop may be blocked, or memwatch there is older: the system knows most of it.
    return undefined;
  }
}

async function outside(pid) {
  if (process.platform !== 'linux') throw refusal('native reads processes on Linux only');
  if (!fs.existsSync(`/proc/${pid}`)) throw refusal(`process ${pid} does not exist, or this system hides it`);
  const report = await nativeMemoryOf(pid);
  if (report.residentBytes === null)
    throw refusal(`process ${pid} belongs to another user, or has ended: run this command as its user`);
  return report;
}

/** @returns {Promise<string>} the output @param {import('./arguments.js').Asked} asked */
async function run({ json, request }) {
  const [word] = request.files;
  if (!/^[1-9]\d{0,8}$/.test(word)) {
    throw withCode(new TypeError(`native takes a process id, not '${word}'`), 'ERR_MEMWATCH_USAGE');
  }
  const pid = Number(word);
  const report = (await inside(pid)) ?? (await outside(pid));
  if (json) return `${JSON.stringify(report, null, 2)}\n`;
  const { residentBytes, allocator, rows } = report;
  const size = residentBytes === null ? 'an unknown size' : bytes(residentBytes);
  return [
    `process ${pid}: ${size} resident, allocator ${allocator ?? 'unknown'}`,
    '',
    ...table(report),
    ...(rows.mallocFree.residentBytes === null ? ['', ONLY_INSIDE] : []),
    '',
  ].join('\n');
}

module.exports = { run };
