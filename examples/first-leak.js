'use strict';
// The program of docs/start.md: it leaks on purpose, reports that it does, and shows which class.
// Not a way to use gc() in production: there, V8 collects when it wants.
const memwatch = require('memwatch');

class Session {
  constructor(id) {
    this.id = id;
    this.log = new Array(100).fill(id);
  }
}

memwatch.on('leak', (leak) => console.log('LEAK ', leak.reason));
memwatch.on('stats', (stats) => console.log('base ', stats.current_base, 'bytes'));

const sessions = new Map();
const diff = new memwatch.HeapDiff();
const timer = setInterval(() => {
  for (let n = 0; n < 1000; n++) sessions.set(sessions.size, new Session(n)); // never deleted
  memwatch.gc(); // only to hurry V8 here
  if (sessions.size < 6000) return;
  clearInterval(timer);
  const grown = diff.end().change.details.filter(({ size_bytes }) => size_bytes > 100_000);
  console.table(grown, ['what', 'size', '+', '-']);
}, 100);
