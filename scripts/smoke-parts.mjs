// What the programs that try memwatch on foreign systems share: scripts/foreign/smoke.mjs and scripts/wine/smoke.mjs. They
// say what is tried there, and when it has failed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';

/** What waits to be delivered is delivered in as many turns of the event loop. */
export async function turns() {
  for (let left = 30; left > 0; left--) await setImmediate();
}

/** What a worker does; it is given the file of memwatch. */
export const WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const memwatch = require(workerData);
  let full = 0;
  memwatch.on('stats', (stats) => { full = stats.num_full_gc; });
  memwatch.gc();
  memwatch.gc();
  const wait = (left) => left > 0 ? setImmediate(wait, left - 1) : parentPort.postMessage(full);
  wait(30);
`;

/** The one event of stats after a collection. @param {typeof import('../index.js')} memwatch */
export async function statsOfOneCollection(memwatch) {
  /** @type {any[]} */
  const heard = [];
  memwatch.on('stats', (stats) => heard.push(stats));
  memwatch.gc();
  await turns();
  memwatch.removeAllListeners('stats');
  assert.equal(heard.length, 1);
  return heard[0];
}

/** The leak of a heap that grows with five collections, and its reason. @param {typeof import('../index.js')} memwatch */
export async function leakOfFiveCollections(memwatch) {
  memwatch.configure({ detector: 'consecutive' });
  const growth = [];
  const leak = once(memwatch, 'leak');
  for (let i = 0; i < 5; i++) {
    growth.push(new Array(500_000).fill(i));
    memwatch.gc();
  }
  const none = turns().then(() => assert.fail('five collections of a growing heap made no event'));
  const [{ reason }] = await Promise.race([leak, none]);
  assert.match(reason, /heap growth over 5 consecutive GCs/);
  return reason;
}
