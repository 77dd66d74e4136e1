'use strict';
// For programs whose dashboard shows several threads: threads, and what a page says of them. Asserts nothing.

const path = require('node:path');
const { Worker } = require('node:worker_threads');

/** The text of a thread that loads memwatch. */
const LOADS = `require(${JSON.stringify(path.join(__dirname, '..', '..'))});`;

const STAYS = "require('node:worker_threads').parentPort.postMessage('there'); setInterval(() => {}, 1000);";

/** A thread that stays, as soon as its code has run. @param {string} code */
async function thread(code) {
  const worker = new Worker(code + STAYS, { eval: true });
  await new Promise((resolve) => worker.once('message', resolve));
  return worker;
}

/**
 * The id of a thread on the page, once it is there.
 * @param {ReturnType<typeof import('./page.js').stream>} viewer
 * @param {number} threadId
 */
async function idOf(viewer, threadId) {
  let id;
  await viewer.until(({ type, value }) => {
    const summaries = type === 'all' ? value : type === 'joined' ? [value] : [];
    id ??= summaries.find(({ meta }) => meta.thread === threadId)?.id;
    return id !== undefined;
  });
  return id;
}

module.exports = { LOADS, idOf, thread };
