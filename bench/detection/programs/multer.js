'use strict';
// Uploads that clients give up half-way, into multer's memory storage.
const http = require('node:http');
const { listen } = require('./support/loopback.js');

const HALF = Buffer.alloc(20_000, 'x');

async function setUp({ load }) {
  process.env.NODE_ENV = 'test';
  const express = load('express');
  const multer = load('multer');
  const upload = multer({ storage: multer.memoryStorage() });
  const app = express();
  app.post('/upload', upload.single('file'), (incoming, response) => response.end('ok'));
  app.use((error, incoming, response, next) => response.status(400).end());
  const url = await listen(app);
  const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1_000_000 };
  const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n';
  return {
    operate: () =>
      new Promise((resolve) => {
        const outgoing = http.request(`${url}/upload`, { method: 'POST', headers, agent: false });
        // Giving up is an error of the request.
        outgoing.on('error', () => {}).on('close', resolve);
        outgoing.write(head);
        outgoing.write(HALF, () => outgoing.destroy());
      }),
  };
}

module.exports = { setUp };
