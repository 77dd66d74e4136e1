'use strict';
// An express server under keep-alive load: routes, JSON in and out, a cookie, a not found now and then.
const { keepAlive, listen, request } = require('./support/loopback.js');

async function setUp({ load }) {
  process.env.NODE_ENV = 'test';
  const express = load('express');
  const app = express();
  app.use(express.json());
  app.get('/users/:id', (incoming, response) => {
    response.cookie('seen', incoming.params.id).json({ id: incoming.params.id, rights: ['read', 'write'] });
  });
  app.post('/users', (incoming, response) => response.status(201).json(incoming.body));
  const url = await listen(app);
  const agent = keepAlive();
  const headers = { 'content-type': 'application/json' };
  return {
    operate(i) {
      if (i % 3 === 0) {
        return request(`${url}/users`, { agent, method: 'POST', headers, body: JSON.stringify({ name: `user ${i}` }) });
      }
      return request(i % 50 === 1 ? `${url}/none` : `${url}/users/${i % 5000}`, { agent });
    },
  };
}

module.exports = { setUp };
