'use strict';
// A server on the loopback interface and a client for it, in one process: the load of the programs that serve.
const http = require('node:http');
const { once } = require('node:events');

/** A server that closes a connection just when its client uses it again is not what is looked at, in milliseconds. */
const KEEP_ALIVE_MS = 600_000;

/** Listens on any free port; resolves to the server's URL. */
async function listen(listener) {
  const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
}

/** Connections that stay, as of clients that come back. */
function keepAlive() {
  return new http.Agent({ keepAlive: true, maxSockets: 16 });
}

/**
 * One request; resolves to the status once the whole response was read.
 * @param {string} url
 * @param {{ agent?: http.Agent, method?: string, headers?: Record<string, string>, body?: string | Buffer }} [options]
 */
function request(url, { agent, method = 'GET', headers, body } = {}) {
  return new Promise((resolve, reject) => {
    http
      .request(url, { agent, method, headers }, (response) => {
        response
          .resume()
          .on('end', () => resolve(response.statusCode))
          .on('error', reject);
      })
      .on('error', reject)
      .end(body);
  });
}

module.exports = { keepAlive, listen, request };
