'use strict';
// Triggers an action in a program, as the buttons of its dashboard do: one request, one answer. The program performs
// it.

const http = require('node:http');
const { withCode } = require('../errors.js');

// An answer is some hundred bytes.
const MOST_ANSWER = 64 << 10;

/**
 * @param {URL} url  of the dashboard
 * @param {number} id  of the program there
 * @param {string} action
 * @returns {Promise<any>}  what the program answers
 */
function press(url, id, action) {
  const body = JSON.stringify({ id, action });
  return new Promise((resolve, reject) => {
    const failed = (/** @type {string} */ why) => reject(withCode(new Error(why), 'ERR_MEMWATCH_NO_ANSWER'));
    const request = http.request({
      ...{ host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path: `${url.pathname}act`, method: 'POST' },
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), origin: url.origin },
      agent: false,
    });
    request.on('error', (error) => failed(error.message));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
        if (text.length > MOST_ANSWER) request.destroy(new Error('the answer has no end'));
      });
      response.on('error', (error) => failed(error.message));
      response.on('end', () => {
        try {
          const { value, error } = JSON.parse(text);
          if (error === undefined) resolve(value);
          else failed(String(error));
        } catch {
          failed(`the dashboard answered with status ${response.statusCode}`);
        }
      });
    });
    request.end(body);
  });
}

module.exports = { press };
