'use strict';
// A steady load: a request every so many milliseconds, answered or not. A request's time
// counts from when it was due, so what waits behind a stopped service is counted too. Tells
// the longest since it was last asked.
//
//   node live-load.js PORT EVERY_MS

const http = require('node:http');

const [port, every] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1000 });

let longestMs = 0;
let count = 0;
const waiting = new Set();

function request(due) {
  waiting.add(due);
  const done = () => {
    waiting.delete(due);
    longestMs = Math.max(longestMs, performance.now() - due);
    count++;
  };
  http.get({ host: '127.0.0.1', port, agent }, (response) => response.resume().once('end', done)).once('error', done);
}

let due = performance.now();
setInterval(() => {
  for (; due <= performance.now(); due += every) request(due);
}, every);

process.on('message', () => {
  const now = performance.now();
  for (const since of waiting) longestMs = Math.max(longestMs, now - since);
  process.send({ longestMs, count });
  longestMs = 0;
  count = 0;
});
process.on('disconnect', () => process.exit());
