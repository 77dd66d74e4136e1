'use strict';
// A server that is asked through a socket of its own, a slice of requests whenever the parent asks: what labels cost it.
// With memwatch the sampler runs as during a suspicion, or nothing is suspected; label() is called in each request, or not.
//
//   forked: labels.js <watcher> <requests a slice> <how many times the work of a request>

const http = require('node:http');
const net = require('node:net');
const { mainThreadMs, report, startClocks } = require('../lib/child.js');

/** As many at a time as a connection has waiting. */
const PIPELINED = 50;

const ANSWER = 'HTTP/1.1 200';

/** What is done for a request, as a server does it: JSON in, looked at, JSON out. Once it takes some 6 µs. */
const BODY = JSON.stringify({
  customer: { id: 4711, name: 'A. Customer', tags: Array.from({ length: 10 }, (_, at) => `tag-${at}`) },
  lines: Array.from({ length: 15 }, (_, at) => ({ article: `article ${at}`, count: at % 3, price: at * 1.5 })),
});

const [watcher, count, times = '1'] = process.argv.slice(2);
const requests = Number(count);
const memwatch = watcher === 'nothing' || watcher === 'nothing again' ? null : require('../..');
const sites = memwatch && require('../../lib/own.js').sites;

function once() {
  const { customer, lines } = JSON.parse(BODY);
  const total = lines.filter(({ count: n }) => n > 0).reduce((sum, { count: n, price }) => sum + n * price, 0);
  return JSON.stringify({ total, name: customer.name.toUpperCase() });
}

function work() {
  for (let i = 1; i < Number(times); i++) once();
  return once();
}

/** As a queue would: work under a name. */
const labelled = watcher.includes('label()') ? () => memwatch.label('work', work) : work;

const server = http.createServer((request, response) => {
  response.end(labelled());
});
// The connection waits while the other variants have their turns.
server.keepAliveTimeout = 0;

/** Requests through one connection, until as many are answered. */
function slice(socket) {
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    let rest = '';
    const send = () => {
      let text = '';
      for (let i = 0; i < PIPELINED && sent < requests; i++, sent++) {
        text += `GET /users/${sent}/orders HTTP/1.1\r\nHost: here\r\n\r\n`;
      }
      if (text !== '') socket.write(text);
    };
    const receive = (text) => {
      // A packet may end within what is counted.
      const parts = (rest + text).split(ANSWER);
      answered += parts.length - 1;
      rest = (parts.at(-1) ?? '').slice(1 - ANSWER.length);
      if (answered < sent) return;
      if (sent < requests) return send();
      socket.off('data', receive);
      resolve();
    };
    socket.on('data', receive);
    send();
  });
}

server.listen(0, () => {
  const socket = net.connect(/** @type {net.AddressInfo} */ (server.address()).port);
  socket.setEncoding('latin1');
  process.on('message', async () => {
    const read = startClocks();
    const before = mainThreadMs();
    await slice(socket);
    report({ ...read(), mainMs: mainThreadMs() - before });
  });
  if (watcher.includes('suspecting')) sites.start();
  // The sampler alone.
  if (watcher.includes('no labels')) sites.labels.end();
  slice(socket).then(() => report({}));
});
