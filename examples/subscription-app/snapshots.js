'use strict';
// Heap snapshots of the application while it leaks, for the command line to inspect. It only takes them: what is in
// them, docs/command-line.md shows.
//
//   node --expose-gc examples/subscription-app/snapshots.js DIRECTORY [MEGABYTES]
//
// Writes DIRECTORY/1.heapsnapshot to 3.heapsnapshot, each when the heap has grown by so many megabytes since the one
// before (80 if not said, about 400 e-mails), and ends.

const { once } = require('node:events');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const v8 = require('node:v8');
const { Visitors } = require('./visitors.js');

const SNAPSHOTS = 3;
const DEFAULT_MEGABYTES = 80;
const MEGABYTE = 2 ** 20;

// One subscriber, so that one chain of e-mails grows, and fast: an hour of a real one in seconds.
const REFRESH_MS = 5;
const LOOK_MS = 50;

/** Bytes in use, without what the next collection frees. */
function heapUsed() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

async function main(directory, megabytes) {
  process.env.NODE_ENV = 'production';
  process.env.REFRESH_MS = String(REFRESH_MS);
  const server = require('./app.js').listen(0, '127.0.0.1');
  await once(server, 'listening');
  const visitors = new Visitors(server.address().port);
  await visitors.post('/users/new', { name: 'foo' });
  await visitors.post('/users/subscribe', { name: 'foo' });
  visitors.close();

  for (let number = 1; number <= SNAPSHOTS; number++) {
    const enough = heapUsed() + megabytes * MEGABYTE;
    while (heapUsed() < enough) await pause(LOOK_MS);
    console.log(v8.writeHeapSnapshot(path.join(directory, `${number}.heapsnapshot`)));
  }
  // The timer of the subscription, which nobody stops, would go on for ever.
  process.exit();
}

const [directory, megabytes = DEFAULT_MEGABYTES] = process.argv.slice(2);
if (directory === undefined || globalThis.gc === undefined || !(megabytes > 0)) {
  console.error('usage: node --expose-gc examples/subscription-app/snapshots.js DIRECTORY [MEGABYTES]');
  process.exitCode = 2;
} else {
  main(directory, Number(megabytes));
}
