'use strict';
// express-session's MemoryStore makes a session for each request without a cookie, and prunes none. memorystore does.
// A session holds a visitor's cart of some two kilobytes.
const { keepAlive, listen, request } = require('./support/loopback.js');

async function setUp({ load, variant }) {
  // Or the store would warn on standard error.
  process.env.NODE_ENV = 'test';
  const express = load('express');
  const session = load('express-session');
  const options = { secret: 's', resave: false, saveUninitialized: true, cookie: { maxAge: 1 } };
  if (variant === 'healthy') {
    const MemoryStore = load('memorystore')(session);
    options.store = new MemoryStore({ checkPeriod: 1000 });
  }
  const app = express();
  let served = 0;
  app.use(session(options));
  app.get('/', (incoming, response) => {
    const id = served++;
    incoming.session.cart = Array.from({ length: 30 }, (_, item) => ({ item, name: `article ${id * item}`, count: 1 }));
    response.end('ok');
  });
  const url = await listen(app);
  const agent = keepAlive();
  return { operate: () => request(url, { agent }) };
}

module.exports = { setUp };
