'use strict';
// A small HTTP server that keeps a little of every request and asks itself for pages all the
// time. It prints the heap as collections leave it, beside the number most people read,
// and reports when memwatch calls it a leak. It does not search for the class that grows.
//
//   node examples/slightly-leaky-server.js [--seconds N]     PORT=1337 by default; 0 takes a free one

const http = require('node:http');
const { parseArgs } = require('node:util');
const memwatch = require('memwatch');

const DEFAULT_PORT = 1337;
const HOST = '127.0.0.1';

// One line a second is what a person can follow, and five of them are a leak.
const COLLECT_MS = 1000;

// Two loops at this rate make about seven requests a second.
const REQUEST_MS = 300;
const LOOPS = 2;

// Characters, a byte each. Small for a request, yet more than what a collection second frees
// by chance while Node warms up, which is what the rule of five growing collections needs.
const KEPT_PER_REQUEST = 4096;

const MB = 1024 * 1024;

const history = [];

const server = http.createServer((request, response) => {
  // The leak: nobody ever takes anything out of `history`. The text is decoded anew for
  // each request, as a body from the network would be.
  history.push(Buffer.alloc(KEPT_PER_REQUEST, '.').toString('latin1'));
  response.end('hello\n');
});

const agent = new http.Agent({ keepAlive: true });
const timers = new Set();
const started = Date.now();
let heapUsed = 0;

memwatch.on('stats', (stats) => {
  console.log(`${elapsed()}  post-GC base ${mb(stats.current_base)}   naive heapUsed ${mb(heapUsed)}`);
});

memwatch.on('leak', (leak) => {
  console.log(`${elapsed()}  LEAK ${JSON.stringify(leak)}`);
});

function elapsed() {
  return `${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s`;
}

function mb(bytes) {
  return `${(bytes / MB).toFixed(2).padStart(7)} mb`;
}

function every(ms, act) {
  timers.add(setInterval(act, ms));
}

function watch() {
  // Read before the collection: this is what a monitor of process.memoryUsage() would see,
  // with all the garbage of the last second in it.
  heapUsed = process.memoryUsage().heapUsed;
  memwatch.gc();
}

function requestOneself(port) {
  const request = http.get({ host: HOST, port, agent }, (response) => response.resume());
  request.on('error', (error) => {
    if (server.listening) console.error(`request failed: ${error.message}`);
  });
}

function stop() {
  for (const timer of timers) clearInterval(timer);
  agent.destroy();
  server.close();
  server.closeAllConnections();
}

/** What was asked for on the command line and in the environment; throws one sentence. */
function readOptions() {
  const { values } = parseArgs({ options: { seconds: { type: 'string' } } });
  const seconds = values.seconds === undefined ? Infinity : Number(values.seconds);
  if (!(seconds > 0)) throw new Error(`--seconds takes a number above 0, not "${values.seconds}".`);
  const port = Number(process.env.PORT ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`PORT is a number from 0 to 65535, not "${process.env.PORT}".`);
  }
  return { seconds, port };
}

function main() {
  const { seconds, port } = readOptions();
  server.on('error', fail);
  server.listen(port, HOST, () => {
    const bound = server.address().port;
    console.log(`listening on http://${HOST}:${bound}/, leaking ${KEPT_PER_REQUEST} bytes per request`);
    for (let loop = 0; loop < LOOPS; loop++) every(REQUEST_MS, () => requestOneself(bound));
    every(COLLECT_MS, watch);
    if (seconds !== Infinity) every(seconds * 1000, stop);
  });
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function fail(error) {
  console.error(`slightly-leaky-server: ${error.message}`);
  process.exitCode = 1;
}

try {
  main();
} catch (error) {
  fail(error);
}
