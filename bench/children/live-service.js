'use strict';
// A service with a heap of so many objects that answers requests, and takes one heap
// snapshot when told. Who loads it, and what is made of the times, is not its business.
//
//   node live-service.js v8.writeHeapSnapshot|memwatch|nothing OBJECTS DIRECTORY

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const v8 = require('node:v8');

const [who, count, directory] = process.argv.slice(2);
const file = path.join(directory, `${process.pid}.heapsnapshot`);

// Two objects each, and no strings: V8 of Node 18 is slow on strings that end in numbers.
globalThis.kept = Array.from({ length: Number(count) / 2 }, (_, i) => ({ i, o: { i } }));

/** How long nothing is taken, in milliseconds, to see what requests take without. */
const NOTHING_MS = 3000;

/** Gives how long the thread was stopped, in milliseconds, and the nodes of the snapshot where they are told. */
const manners = {
  nothing: async () => {
    await new Promise((resolve) => setTimeout(resolve, NOTHING_MS));
    return { stoppedMs: 0 };
  },
  'v8.writeHeapSnapshot': async () => {
    const begun = performance.now();
    v8.writeHeapSnapshot(file);
    return { stoppedMs: performance.now() - begun };
  },
  memwatch: async () => {
    const { pauseMs, nodes, mode } = await require('../..').writeSnapshot(file, { mode: 'fork' });
    return { stoppedMs: pauseMs, nodes, mode };
  },
};

const server = http.createServer((request, response) => {
  // What a small handler does: some objects, some text.
  const rows = Array.from({ length: 20 }, (_, i) => ({ i, at: Date.now() }));
  response.end(JSON.stringify(rows));
});

process.on('message', async () => {
  const begun = performance.now();
  const result = await manners[who]();
  const tookMs = performance.now() - begun;
  fs.rmSync(file, { force: true });
  process.send({ ...result, tookMs });
});

if (who === 'memwatch') require('../..');
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
