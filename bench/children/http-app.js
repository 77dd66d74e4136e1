'use strict';
// One handler of one framework under expectNoLeak: prints what it says, and how long that took. Judges nothing.
//
//   node http-app.js FRAMEWORK leak|none BYTES TOLERANCE DIRECTORY_OF_PACKAGES
const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');
const { report, startClocks } = require('../lib/child.js');
const { expectNoLeak } = require('../../test.js');

const TIMEOUT_MS = 20_000;
// Longer than the snapshots of a look take.
const KEEP_ALIVE_MS = 120_000;

/** Each serves `GET /orders/7` with what `handle` returns; the server that listens. */
const FRAMEWORKS = {
  async express(load, handle) {
    const app = load('express')();
    app.get('/orders/:order', (request, response) => response.json(handle()));
    return http.createServer(app);
  },
  async fastify(load, handle) {
    const app = load('fastify')();
    app.get('/orders/:order', async () => handle());
    await app.ready();
    return app.server;
  },
  async nest(load, handle) {
    load('reflect-metadata');
    const { Controller, Get, Module } = load('@nestjs/common');
    class Orders {
      one() {
        return handle();
      }
    }
    // As decorators of TypeScript are compiled.
    const { prototype } = Orders;
    Get(':order')(prototype, 'one', Object.getOwnPropertyDescriptor(prototype, 'one'));
    Controller('orders')(Orders);
    class Shop {}
    Module({ controllers: [Orders] })(Shop);
    const app = await load('@nestjs/core').NestFactory.create(Shop, { logger: false });
    await app.init();
    return app.getHttpServer();
  },
};

/** A handler that makes an order of about `bytes` for each request, and keeps it if `leaks`. */
function handlerOf(leaks, bytes) {
  const kept = [];
  return () => {
    const order = { id: kept.length, lines: new Array(Math.floor(bytes / 8)).fill(0) };
    if (leaks) kept.push(order);
    return { id: order.id, lines: order.lines.length };
  };
}

async function main(/** @type {string[]} */ [framework, kind, bytes, tolerance, packages]) {
  const load = createRequire(path.join(packages, 'package.json'));
  const server = await FRAMEWORKS[framework](load, handlerOf(kind === 'leak', Number(bytes)));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = server.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const request = () =>
    new Promise((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port, path: '/orders/7', agent }, (response) => {
          response.resume().on('end', resolve);
        })
        .on('error', reject);
    });
  const options = { timeoutMs: TIMEOUT_MS, ...(Number(tolerance) > 0 && { toleranceBytes: Number(tolerance) }) };
  const clocks = startClocks();
  const verdict = await expectNoLeak(request, options).then(
    ({ result }) => result,
    (error) => error.name,
  );
  report({ verdict, ...clocks() });
  process.exit();
}

main(process.argv.slice(2));
