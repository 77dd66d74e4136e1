'use strict';
// The load: visitors who talk to the application over real HTTP connections that are kept
// alive. Knows nothing of memory.

const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');

const HOST = '127.0.0.1';

// Connections at the same time.
const VISITORS = 4;

// Between two requests of a visitor. Together they make well over a hundred requests a
// second, and leave the machine some time for other things.
const PAUSE_MS = 20;

class Visitors {
  #port;
  #agent = new http.Agent({ keepAlive: true, maxSockets: VISITORS });
  #leaving = false;

  /** Requests answered so far. */
  requests = 0;

  constructor(port) {
    this.#port = port;
  }

  post(path, form) {
    return this.#request('POST', path, new URLSearchParams(form).toString());
  }

  /** Has all visitors request these pages again and again; settles after leave(), or when a request fails. */
  async browse(paths) {
    const visit = async () => {
      for (let i = 0; !this.#leaving; i++) {
        await this.#request('GET', paths[i % paths.length]);
        await pause(PAUSE_MS);
      }
    };
    await Promise.all(Array.from({ length: VISITORS }, visit));
  }

  leave() {
    this.#leaving = true;
  }

  close() {
    this.leave();
    this.#agent.destroy();
  }

  #request(method, path, body = '') {
    const headers = body && {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    };
    return new Promise((resolve, reject) => {
      const request = http.request({ host: HOST, port: this.#port, agent: this.#agent, method, path, headers });
      request.on('error', reject);
      request.on('response', (response) => {
        response.on('error', reject);
        response.on('end', () => {
          this.requests += 1;
          if (response.statusCode < 400) resolve();
          else reject(new Error(`${method} ${path} was answered with status ${response.statusCode}`));
        });
        response.resume();
      });
      request.end(body);
    });
  }
}

module.exports = { Visitors };
