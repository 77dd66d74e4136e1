'use strict';
// The numbers that are reported of worker threads: exact values on made-up threads, over made-up time, with a made-up addon.
// Which numbers are a leak is in threads-judge.test.js, and real threads are in threads.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { Threads } = require('../lib/threads/index.js');

const MIB = 2 ** 20;
const HOUR_S = 3600;
const EACH = 4 * MIB;

/** Two threads a second, from 20 s before until `lastS`: idle from their start on, and never ended. */
const startedBy = (nowS, lastS) =>
  Array.from({ length: 2 * (Math.min(nowS, lastS) + 20) + 1 }, (_, n) => {
    const at = (n / 2 - 20) * 1000;
    return {
      id: n,
      name: '',
      place: { file: '/app/pool.js', line: 7, column: 3, package: null, stack: [] },
      startedAt: at,
      idleSince: at,
    };
  });

/** Memwatch's part on threads after a number of seconds, and the events that it published. */
function after(seconds, lastS = seconds) {
  let nowS = 0;
  const events = [];
  const observer = {
    beyond: 0,
    get started() {
      return this.alive().length;
    },
    alive: () => startedBy(nowS, lastS),
  };
  const threads = new Threads({
    announce: (name, payload) => events.push([name, payload]),
    environment: { setJudged: () => {} },
    addon: {
      workersMemory: () => ({ loaded: 10, bytes: 10 * EACH, others: 0 }),
      containerMemory: () => null,
      containerFullInMs: () => null,
      liveHeapOfWorkers: () => null,
      measureHeaps: async () => {},
    },
    observer,
    mapped: (site) => site,
    now: () => nowS * 1000,
  });
  for (; nowS <= seconds; nowS += 2) threads.tick();
  nowS -= 2;
  return { events, state: threads.state(), reason: threads.reason() };
}

test('retained threads are reported with their number, start and rate', () => {
  const { events, state, reason } = after(120);
  assert.deepEqual(
    events.map(([name]) => name),
    ['leak-suspected', 'leak-confirmed', 'leak'],
  );
  for (const [, { bytesPerHour }] of events) assert.equal(bytesPerHour, 2 * EACH * HOUR_S);
  const { bytesPerHour, startBytes, currentBytes, growthBytes, lateToOverall } = state;
  // Counted are those that have been idle for ten seconds: 21 at first. The least number of six seconds is the present one.
  assert.deepEqual(
    { bytesPerHour, startBytes, currentBytes, growthBytes, lateToOverall },
    {
      bytesPerHour: 2 * EACH * HOUR_S,
      startBytes: 21 * EACH,
      currentBytes: (21 + 2 * 114) * EACH,
      growthBytes: 2 * 114 * EACH,
      lateToOverall: 1,
    },
  );
  assert.equal(state.end.getTime() - state.start.getTime(), 120_000);
  assert.match(reason, /^worker threads are started and not stopped: 228 more in 1m 54s, 912\.0 MiB;/);
});

test('a paused leak keeps its rate, its start and the lines that started its threads', () => {
  const { events, state } = after(600, 120);
  assert.equal(events.at(-1)[0], 'leak-paused');
  assert.deepEqual(
    [state.state, state.bytesPerHour, state.growthBytes, state.keptBytes],
    ['paused', 2 * EACH * HOUR_S, 2 * 130 * EACH, 2 * 130 * EACH],
  );
  assert.equal(state.end.getTime() - state.start.getTime(), 600_000);
  assert.deepEqual(
    state.suspects.map(({ file, line, count }) => [file, line, count]),
    [['/app/pool.js', 7, 281]],
  );
});
