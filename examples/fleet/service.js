'use strict';
// One process of the fleet: it remembers sessions and answers /metrics. With LEAK=1 it forgets
// to forget them. PORT and VERSION say where and what it is.
//
// It forces collections, only to hurry V8: in production V8 collects when it wants.
const http = require('node:http');
const memwatch = require('../..');
const { rememberUpTo } = require('./sessions.js');

const { PORT, VERSION, LEAK } = process.env;

// What V8 has inlined counts for the function it is inlined into, so the callers are logged too.
const MOST_PLACES = 3;

memwatch.on('leak', ({ reason, suspects = [] }) => {
  const where = suspects
    .slice(0, MOST_PLACES)
    .map((suspect) => `${suspect.function} (${suspect.file}:${suspect.line})`);
  console.log(
    JSON.stringify({ level: 'warn', event: 'leak', instance: `127.0.0.1:${PORT}`, version: VERSION, reason, where }),
  );
});

// Five collections in a row that each left more, the original rule, are soon there by chance where
// a program collects twice a second.
memwatch.configure({ detector: 'trend' });

// A hundred sessions a second, also on a machine that is busy.
const SESSIONS_PER_MS = 0.1;
const started = Date.now();
setInterval(() => rememberUpTo((Date.now() - started) * SESSIONS_PER_MS, LEAK === '1'), 10);
setInterval(() => memwatch.gc(), 500);

http
  .createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(memwatch.metrics({ labels: { version: VERSION } }));
  })
  .listen(Number(PORT), '127.0.0.1', () =>
    console.log(JSON.stringify({ level: 'info', event: 'listening', port: PORT })),
  );
