'use strict';
// A server that warms up for two minutes and is idle from then on: some of 4000 pages are asked for much more often
// than others, each is rendered once and kept, so that the cache grows fast at first, then slower, and stays.
const { keepAlive, listen, request } = require('./support/loopback.js');

const WARM_UP_S = 120;

/** Of a short run, which part is warm-up. */
const WARM_UP_SHARE = 2 / 3;

const PAGES = 4000;

/** Between two requests of an idle server (a health check), in milliseconds. */
const IDLE_MS = 1000;

function rendered(id) {
  return Array.from({ length: 100 }, (_, line) => `<p>${id}: line ${line}, ${id * line}</p>`);
}

async function setUp({ load, end }) {
  process.env.NODE_ENV = 'test';
  const express = load('express');
  const app = express();
  const pages = new Map();
  app.get('/pages/:id', (incoming, response) => {
    const { id } = incoming.params;
    if (!pages.has(id)) pages.set(id, rendered(id));
    response.end(pages.get(id).join('\n'));
  });
  app.get('/health', (incoming, response) => response.end('ok'));
  const url = await listen(app);
  const agent = keepAlive();
  const warmUpMs = 1000 * Math.min(WARM_UP_S, (end.seconds ?? WARM_UP_S) * WARM_UP_SHARE);
  let idleFrom = 0;
  return {
    async operate(i) {
      idleFrom ||= Date.now() + warmUpMs;
      if (Date.now() < idleFrom) {
        // The n-th page is asked for about n times less often than the first one.
        const page = Math.floor(PAGES ** ((i * 0.618033988749895) % 1));
        await request(`${url}/pages/${page}`, { agent });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      await request(`${url}/health`, { agent });
    },
  };
}

module.exports = { setUp };
