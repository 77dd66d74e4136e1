'use strict';
// A program that does nothing but collect, with a dashboard that one viewer looks at, in slices whenever the parent asks.
// What differs from a program without a viewer is measured in page.mjs.

const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');
const { loadOurs, report, startClocks } = require('../lib/child.js');

/** Milliseconds between two collections; the page draws each. */
const EVERY_MS = 200;

/** Milliseconds of a slice, with as many collections in each. */
const SLICE_MS = 4000;

async function start() {
  const memwatch = loadOurs();
  const { url } = await memwatch.dashboard();
  // In this process, so that all that it costs is in one figure; it does nothing with what comes.
  http.get(`${url}events`, (response) => response.resume());
  setInterval(() => memwatch.gc(), EVERY_MS);
  await pause(SLICE_MS);
  report({});
}

process.on('message', async () => {
  const read = startClocks();
  await pause(SLICE_MS);
  report(read());
});
start();
