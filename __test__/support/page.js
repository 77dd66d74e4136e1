'use strict';
// A page's server with a program that is made up, and requests as a browser, or somebody who
// is none, sends them. Asserts nothing.

const http = require('node:http');
const net = require('node:net');
const { Hub } = require('../../lib/dashboard/hub.js');
const { PageServer } = require('../../lib/dashboard/server.js');

const META = {
  name: 'app.js',
  pid: 4242,
  thread: 0,
  node: 'v20.0.0',
  start: 1_700_000_000_000,
  limit: 2 ** 31,
  actions: { collect: null, diff: null, snapshot: null, profile: null, sample: 'It is.' },
};

/**
 * A server whose one program notes what it is asked to do.
 * @param {import('node:test').TestContext} t
 * @param {{ meta?: object, act?: (action: any) => Promise<any>, host?: string, token?: string }} [options]
 */
async function serve(t, { meta = META, act = async () => null, host = '127.0.0.1', token } = {}) {
  const hub = new Hub();
  const server = new PageServer({ hub, host, token });
  const url = new URL(await server.listen(0));
  t.after(() => server.close());
  const asked = [];
  const watched = [];
  const program = {
    act: (action) => {
      asked.push(action);
      return act(action);
    },
    watch: (isWatched) => watched.push(isWatched),
  };
  const place = hub.join(program, { type: 'meta', value: meta });
  return { hub, server, url, place, asked, watched };
}

/** @typedef {{ method?: string, headers?: Record<string, string>, body?: string, host?: string, origin?: string }} Asking */

/**
 * One request; by default with the headers of the dashboard's own page.
 * @param {URL} url
 * @param {string} [path]
 * @param {Asking} [how]
 */
function ask(url, path = '', { method = 'GET', headers = {}, body, host = url.host, origin } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: url.hostname,
      port: url.port,
      path: path.startsWith('/') ? path : url.pathname + path,
      method,
      agent: false,
      headers: { host, ...(origin === undefined ? {} : { origin }), ...headers },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      response.on('error', reject);
    });
    request.end(body);
  });
}

/**
 * A button that is pressed on the server's own page.
 * @param {URL} url
 * @param {string} action
 * @param {Asking & { id?: number }} [how]
 */
function press(url, action, { id = 1, ...rest } = {}) {
  return ask(url, 'act', {
    method: 'POST',
    origin: url.origin,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, action }),
    ...rest,
  });
}

/** Bytes sent as they are; what comes back until the connection ends. */
function raw(url, text) {
  return new Promise((resolve) => {
    const socket = net.connect(url.port, url.hostname);
    let said = '';
    socket.setEncoding('utf8');
    socket.on('data', (part) => (said += part));
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
    socket.write(text);
  });
}

/** The messages of a stream of events, as they come, and a way to leave. */
function stream(url) {
  const messages = [];
  const waiting = [];
  const request = http.get({ host: url.hostname, port: url.port, path: `${url.pathname}events`, agent: false });
  request.on('error', () => {});
  request.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('error', () => {});
    response.on('data', (part) => {
      text += part;
      const events = text.split('\n\n');
      text = events.pop();
      for (const event of events.filter((each) => each.startsWith('data: '))) messages.push(JSON.parse(event.slice(6)));
      waiting.splice(0).forEach((look) => look());
    });
  });
  /** The first message of a type, or one that a test takes. */
  const until = async (accepts) => {
    for (;;) {
      const found = messages.find(accepts);
      if (found) return found;
      await new Promise((resolve) => waiting.push(resolve));
    }
  };
  return { messages, until, leave: () => request.destroy() };
}

module.exports = { META, serve, ask, press, raw, stream };
