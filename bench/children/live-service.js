'use strict';
// A service with a heap of a given number of objects, which answers requests, and takes one heap
// snapshot when told. Who loads it, and what is made of the times, is not its business.
//
//   node live-service.js v8.writeHeapSnapshot|heapdump|memwatch|nothing OBJECTS DIRECTORY

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { promisify } = require('node:util');
const v8 = require('node:v8');
const { loadOurs, watchLoop } = require('../lib/child.js');

const [who, count, directory] = process.argv.slice(2);
const file = path.join(directory, `${process.pid}.heapsnapshot`);

// Two objects each, and no strings: V8 of Node 18 is slow on strings that end in numbers.
globalThis.kept = Array.from({ length: Number(count) / 2 }, (_, i) => ({ i, o: { i } }));

/** How long nothing is taken, in milliseconds, to see what requests take without. */
const NOTHING_MS = 3000;

/** Each resolves when the snapshot is there, to what it tells of it. */
const manners = {
  nothing: () => new Promise((resolve) => setTimeout(resolve, NOTHING_MS)),
  'v8.writeHeapSnapshot': async () => void v8.writeHeapSnapshot(file),
  heapdump: () => promisify(require('heapdump').writeSnapshot)(file),
  memwatch: () => loadOurs().writeSnapshot(file, { mode: 'fork' }),
};

/** The longest time, in milliseconds, that the event loop did not come round while `work` went on. */
async function longestStop(work) {
  const stop = watchLoop();
  const result = await work();
  return { stoppedMs: stop(), toldMs: result?.pauseMs };
}

const server = http.createServer((request, response) => {
  // What a small handler does: some objects, some text.
  const rows = Array.from({ length: 20 }, (_, i) => ({ i, at: Date.now() }));
  response.end(JSON.stringify(rows));
});

process.on('message', async () => {
  const begun = performance.now();
  const result = await longestStop(manners[who]);
  const tookMs = performance.now() - begun;
  fs.rmSync(file, { force: true });
  process.send({ ...result, tookMs });
});

if (who === 'memwatch') loadOurs();
if (who === 'heapdump') require('heapdump');
server.listen(0, '127.0.0.1', () =>
  process.send({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port }),
);
