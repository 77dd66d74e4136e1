'use strict';
// Requests of undici that all share one abort signal.
const { listen } = require('./support/loopback.js');

async function setUp({ load }) {
  const { Agent, request } = load('undici');
  const url = await listen((incoming, response) => response.end('{"ok":true}'));
  const dispatcher = new Agent({ connections: 16 });
  const { signal } = new AbortController();
  require('node:events').setMaxListeners(0, signal);
  return {
    async operate() {
      const { body } = await request(url, { dispatcher, signal });
      await body.json();
    },
  };
}

module.exports = { setUp };
