'use strict';
// axios 0.21.1 chains a promise on the shared cancel token for each request, and never takes it off. 0.27.2 does.
const { keepAlive, listen } = require('./support/loopback.js');

async function setUp({ load }) {
  const axios = load('axios');
  const url = await listen((request, response) => response.end('{}'));
  const { token } = axios.CancelToken.source();
  const httpAgent = keepAlive();
  return { operate: () => axios.get(url, { cancelToken: token, httpAgent }) };
}

module.exports = { setUp };
