'use strict';
// What is known of running programs: those that `memwatch run` started and those with a dashboard, of this user. Asks
// their dashboard, which answers from what it knows; only a snapshot has a program do something.

const { askForSnapshot } = require('../cli/snapshot-asked.js');
const { findFeed } = require('../dashboard/addresses.js');
const { withCode } = require('../errors.js');
const { addressOf, readEvents } = require('../top/top.js');

const TIMEOUT_S = 600;

/** The first message of a dashboard has all that is short. @param {number} pid @returns {Promise<any[]>} */
async function recordsOf(pid) {
  /** @type {any[] | undefined} */
  let records;
  const { request, ended } = readEvents(addressOf(`${pid}`), (/** @type {any} */ message) => {
    if (message.type !== 'all') return;
    records = Array.isArray(message.value) ? message.value : [];
    request.destroy();
  });
  await ended.catch((/** @type {Error} */ error) => {
    if (records === undefined) throw error;
  });
  return records ?? [];
}

/** @param {any} record */
function stateOf({ isLive, meta, detectorState, latest, snapshots }) {
  const [, , , , , rss] = latest?.raw ?? [];
  const [, base, , full] = latest?.gc ?? [];
  const { suspects: _, ...state } = detectorState;
  return {
    ...{ name: meta.name, pid: meta.pid, thread: meta.thread, isRunning: isLive },
    ...state,
    ...{ heapAfterLastFullGc: base ?? null, residentBytes: rss ?? null, fullCollections: full ?? 0 },
    snapshots: (snapshots ?? []).map(({ file, state: how, bytes }) => ({ file, state: how, bytes })),
  };
}

/** The detector's state of each thread of a program. @param {number} pid */
const liveState = async (pid) => ({ threads: (await recordsOf(pid)).map(stateOf) });

/** Which functions allocated what stays. @param {number} pid */
async function liveSites(pid) {
  const threads = (await recordsOf(pid)).map(({ meta, detectorState, sites }) => ({
    ...{ name: meta.name, pid: meta.pid, thread: meta.thread, state: detectorState.state },
    sampling: sites.sampling,
    time: sites.time === null ? null : new Date(sites.time).toISOString(),
    sites: sites.suspects,
  }));
  const isKnown = threads.some(({ sites }) => sites.length > 0);
  return {
    threads,
    ...(!isKnown && { note: 'Allocation sites are sampled once a leak is suspected; there are none yet.' }),
  };
}

/** Has a program take a snapshot in a forked child. @param {number} pid @param {string} [thread] @returns {Promise<string>} */
async function takeSnapshot(pid, thread) {
  const address = findFeed(pid);
  if (address === null) {
    const why = `process ${pid} takes no snapshots on request: start it with memwatch run, or call memwatch.dashboard() in it`;
    throw withCode(new Error(why), 'ERR_MEMWATCH_NO_TRIGGER');
  }
  return askForSnapshot({ address, pid, thread, stop: false, timeout: TIMEOUT_S });
}

module.exports = { liveSites, liveState, takeSnapshot };
