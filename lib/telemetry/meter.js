'use strict';
// The native meter of this thread: what is counted, and collections one by one for those
// who ask. Knows no names of metrics; starts counting when it is loaded.

const v8 = require('node:v8');
const { isMainThread } = require('node:worker_threads');
const { Meter, readMeters, pauseBoundsSeconds } = require('../addon.js');
const { weakly } = require('../lifetime.js');

/** Collections as OpenTelemetry's conventions tell them apart; the addon's order. */
const GC_KINDS = ['minor', 'major', 'incremental', 'weakcb'];

/** Where memory grows; the addon's order. */
const LEAK_KINDS = ['heap', 'external', 'native', 'threads'];

/**
 * One collection, as V8 ran it.
 * @typedef {object} Collection
 * @property {string} kind     one of GC_KINDS
 * @property {number} pauseMs  how long it stopped this thread
 * @property {number} endedAt  milliseconds since 1970
 */

/** @type {Set<(collection: Collection) => void>} */
const followers = new Set();

const meter = new Meter(isMainThread, weakly(deliver));

/** What a follower throws is an uncaught exception; the others and the next collections still come. */
function deliver() {
  for (const { kind, pauseMs, endedAtUnixMs } of meter.take()) {
    for (const follower of followers) {
      try {
        follower({ kind: GC_KINDS[kind], pauseMs, endedAt: endedAtUnixMs });
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}

/**
 * Calls `follower` on the event loop after each collection of this thread. Costs something
 * only while there is one; does not keep the process alive.
 */
function follow(follower) {
  followers.add(follower);
  meter.follow(true);
}

function unfollow(follower) {
  followers.delete(follower);
  if (followers.size === 0) meter.follow(false);
}

/** A date or null as the addon has it: seconds since 1970, never. */
function unixSeconds(date) {
  return date instanceof Date ? date.getTime() / 1000 : Infinity;
}

const SECONDS_PER_HOUR = 3600;

/** Growth that has paused is still kept: an alert on it stays. */
const isSuspicion = ({ state }) => state === 'suspected' || state === 'confirmed' || state === 'paused';

/**
 * What is thought of one kind of memory.
 * @typedef {{ state?: string, bytesPerHour: number, limitEta: Date | null, limit?: any, current?: any, end?: any }} KindState
 */

/** Of what does not grow at the moment. */
/** @type {KindState} */
const NO_GROWTH = { bytesPerHour: 0, limitEta: null };

/**
 * When V8's own limit is reached, also where the container's comes first.
 * @param {KindState} heap
 */
function heapLimitEta({ bytesPerHour, limitEta, limit, current, end }) {
  if (limitEta === null || limit?.kind !== 'container') return limitEta;
  const left = v8.getHeapStatistics().heap_size_limit - current;
  return new Date(end.getTime() + (left / bytesPerHour) * SECONDS_PER_HOUR * 1000);
}

/**
 * What is thought of this thread's memory, of each kind by itself.
 * @param {Record<string, KindState>} kinds
 */
function setVerdict(kinds) {
  const bits = (is) =>
    LEAK_KINDS.reduce((all, kind, index) => all | (kinds[kind] && is(kinds[kind]) ? 1 << index : 0), 0);
  const suspicions = bits(isSuspicion) | (bits(({ state }) => state === 'paused') << LEAK_KINDS.length);
  const heap = kinds.heap === undefined || kinds.heap.state === 'paused' ? NO_GROWTH : kinds.heap;
  meter.setVerdict(suspicions, heap.bytesPerHour / SECONDS_PER_HOUR, unixSeconds(heapLimitEta(heap)));
}

/** Where the verdict comes from; undefined where there is none. */
let verdictNow = () => undefined;

/** @param {() => object | undefined} source  the kinds of setVerdict(); asked before this thread is read, and at each tick */
function tellOf(source) {
  verdictNow = source;
}

/** Other threads read what this one has set, so it is set now and then. */
function tick() {
  const kinds = verdictNow();
  if (kinds !== undefined) setVerdict(kinds);
}

/** What all threads of this process have counted, now. */
function read() {
  tick();
  return readMeters();
}

function addLeak(kind) {
  meter.addLeak(Math.max(0, LEAK_KINDS.indexOf(kind)));
}

module.exports = {
  GC_KINDS,
  LEAK_KINDS,
  pauseBounds: pauseBoundsSeconds(),
  follow,
  unfollow,
  read,
  tick,
  tellOf,
  setVerdict,
  addLeak,
};
