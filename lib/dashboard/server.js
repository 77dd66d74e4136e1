'use strict';
// The dashboard's HTTP server: fixed files, histories, a stream of events, actions. guard.js checks
// requests, the hub has the data. It does not keep the program alive, and buffers a bounded amount
// for each client.

const { randomBytes } = require('node:crypto');
const http = require('node:http');
const { setInterval, clearInterval } = require('node:timers');
const { withCode } = require('../errors.js');
const { invalid } = require('../options.js');
const pprof = require('../pprof-http.js');
const { Analyses } = require('./analyses.js');
const { assets } = require('./assets.js');
const { Connections } = require('./connections.js');
const { guard } = require('./guard.js');
const { Stream } = require('./stream.js');

// 128 bits, as unguessable as a key.
const TOKEN_BYTES = 16;

const MOST_VIEWERS = 16;

// A request to this server has some hundred bytes: a request line, a browser's headers, an action.
const MOST_HEADER_BYTES = 8192;
const MOST_BODY_BYTES = 1024;

// A client that needs longer for so little is not one.
const REQUEST_MS = 5000;
const IDLE_MS = 10_000;
const BEAT_MS = 15_000;

// A report has its own policy in it, by what its scripts and styles are.
const REPORT_POLICY = "frame-ancestors 'none'";

const PPROF = '/debug/pprof/';

// Actions whose answer is a file, or that belong to one.
const NO_BUTTONS = new Set(['profile', 'pprof', 'cancel-pprof']);

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

/** A refusal or a failure: one sentence, and the connection ends. */
function sentence(response, status, why) {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${why}\n`);
}

/** An unexpected failure; a response that has begun cannot report it any more. */
function notUnderstood(response) {
  if (response.headersSent) response.destroy();
  else sentence(response, 400, 'The request is malformed.');
}

function json(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

/** A short body as a value; rejects a body that is too long or not JSON. */
async function readBody(request) {
  let body = '';
  for await (const part of request) {
    body += part;
    if (body.length > MOST_BODY_BYTES) throw withCode(new Error('The request is too large.'), 'ERR_MEMWATCH_USAGE');
  }
  return JSON.parse(body);
}

class PageServer {
  #hub;
  #host;
  #server;
  #beat;
  #streams = new Set();
  #connections = new Connections();
  #analyses;
  #token;

  /** @param {{hub: import('./hub.js').Hub, host: string, token?: string}} of */
  constructor({ hub, host, token = randomBytes(TOKEN_BYTES).toString('hex') }) {
    this.#hub = hub;
    this.#host = host;
    this.#token = token;
    this.#analyses = new Analyses(hub);
    const { refuses } = guard({ token, host, port: () => this.#address()?.port });
    this.#server = http.createServer(
      {
        maxHeaderSize: MOST_HEADER_BYTES,
        headersTimeout: REQUEST_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: REQUEST_MS,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => {
        for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
        const refusal = refuses(request);
        if (refusal) return sentence(response, refusal.status, refusal.why);
        this.#connections.prove(request.socket);
        return this.#answer(request, response).catch(() => notUnderstood(response));
      },
    );
    this.#server.timeout = IDLE_MS;
    this.#server.on('connection', (socket) => {
      socket.unref();
      this.#connections.add(socket);
    });
  }

  async #answer(request, response) {
    const [path, query = ''] = request.url.slice(this.#token.length + 1).split('?', 2);
    if (request.method === 'POST' && path === '/act') return this.#press(request, response);
    if (request.method !== 'GET') return sentence(response, 405, 'Only GET is allowed here.');
    if (path === '/events') return this.#stream(request, response);
    if (path === '/history') return this.#history(response, Number(query));
    if (path === '/profile') return this.#profile(request, response, Number(query));
    if (path === '/report') return this.#report(response, query);
    if (path.startsWith(PPROF)) return this.#pprof(request, response, path, new URLSearchParams(query));
    const asset = assets().get(path === '/' ? 'index.html' : path.slice(1));
    if (asset === undefined) return sentence(response, 404, 'Not found.');
    response.writeHead(200, { 'content-type': asset.type, 'content-length': asset.body.length });
    return response.end(asset.body);
  }

  #stream(request, response) {
    if (this.#streams.size >= MOST_VIEWERS) return sentence(response, 503, `Viewer limit reached (${MOST_VIEWERS}).`);
    const stream = new Stream(response);
    stream.send({ type: 'all', id: 0, value: this.#hub.records().map((record) => record.summary()) });
    const stopLooking = this.#hub.look((message) => stream.send(message));
    this.#streams.add(stream);
    // A viewer only reads, so its silence is no sign of a dead connection.
    request.socket.setTimeout(0);
    response.on('close', () => {
      stopLooking();
      this.#streams.delete(stream);
    });
  }

  #history(response, id) {
    const record = this.#hub.record(id);
    if (record === undefined) return sentence(response, 404, 'Unknown program.');
    return json(response, 200, record.history());
  }

  #report(response, key) {
    const html = this.#analyses.report(key);
    if (html === undefined)
      return sentence(response, 404, 'This report is no longer available; analyse the snapshot again.');
    response.setHeader('content-security-policy', REPORT_POLICY);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    return response.end(html);
  }

  /**
   * Runs an action that may take longer than the idle timeout; afterwards the timeout applies again.
   * @param {import('node:net').Socket} socket
   * @param {number} id
   * @param {string} action
   * @param {{ snapshot?: any, how?: object }} [more]
   * @returns {Promise<any>}
   */
  async #act(socket, id, action, { snapshot, how } = {}) {
    socket.setTimeout(0);
    try {
      return await (action === 'analyse' ? this.#analyses.make(id, snapshot) : this.#hub.act(id, action, how));
    } finally {
      socket.setTimeout(IDLE_MS);
    }
  }

  async #profile(request, response, id) {
    let profile;
    try {
      profile = await this.#act(request.socket, id, 'profile');
    } catch (error) {
      return sentence(response, 409, error.message);
    }
    // A fixed name: those of programs would have to be made safe for a header first.
    response.setHeader('content-disposition', 'attachment; filename="memwatch.heapprofile"');
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    return response.end(profile);
  }

  /** The same for `go tool pprof` and those that scrape. */
  #pprof(request, response, path, query) {
    const take = async ({ signal, ...how }) => {
      const id = programFor(this.#hub.records(), query);
      signal.addEventListener('abort', () => this.#hub.act(id, 'cancel-pprof').catch(() => {}));
      const file = await this.#act(request.socket, id, 'pprof', { how });
      return Buffer.from(file, 'base64');
    };
    return pprof.answer(request, response, { name: path.slice(PPROF.length), query, take });
  }

  async #press(request, response) {
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
      return sentence(response, 415, 'Actions must be sent as JSON.');
    }
    const { id, action, snapshot } = await readBody(request);
    if (!Number.isSafeInteger(id) || typeof action !== 'string' || NO_BUTTONS.has(action)) {
      return sentence(response, 400, 'The request is malformed.');
    }
    try {
      return json(response, 200, { value: (await this.#act(request.socket, id, action, { snapshot })) ?? null });
    } catch (error) {
      return json(response, 409, { error: error.message });
    }
  }

  /** @param {number} port  0 takes a free one */
  async listen(port) {
    try {
      await new Promise((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ port, host: this.#host, exclusive: true }, () => resolve(undefined));
      });
    } catch (error) {
      throw withCode(new Error(told(error, port, this.#host), { cause: error }), 'ERR_MEMWATCH_DASHBOARD_PORT');
    }
    // A later error (a connection that breaks while it is accepted) ends only that connection.
    this.#server.on('error', () => {});
    this.#server.unref();
    this.#beat = setInterval(() => this.#streams.forEach((stream) => stream.beat()), BEAT_MS);
    this.#beat.unref();
    return this.url;
  }

  /** Of a server on a port, which is never a path. */
  #address() {
    return /** @type {import('node:net').AddressInfo | null} */ (this.#server.address());
  }

  /** The address of the dashboard; for a server on all addresses, the one that this machine can use. */
  get url() {
    const { port, address, family } = /** @type {import('node:net').AddressInfo} */ (this.#address());
    const any = address === '0.0.0.0' || address === '::';
    const name = any ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
    return `http://${name}:${port}/${this.#token}/`;
  }

  async close() {
    clearInterval(this.#beat);
    for (const stream of this.#streams) stream.end();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}

/** The requested thread: the main one of the only process, unless the query has `pid` or `thread`. */
function programFor(records, query) {
  const live = records.filter(({ isLive }) => isLive);
  const [pid, thread] = [query.get('pid'), query.get('thread') ?? '0'];
  const asked = live.filter(({ meta }) => (pid === null || `${meta.pid}` === pid) && `${meta.thread}` === thread);
  if (asked.length === 1) return asked[0].id;
  const known = live.map(({ meta }) => `pid=${meta.pid}&thread=${meta.thread} (${meta.name})`).join(', ');
  throw invalid(`Name one process with pid and thread; watched are: ${known || 'none'}.`);
}

/** Why a port cannot be used, as one sentence. */
function told({ code, message }, port, host) {
  if (code === 'EADDRINUSE') return `Port ${port} of ${host} is in use; port 0 selects a free one.`;
  if (code === 'EACCES') return `Permission denied: port ${port} of ${host}; port 0 selects a free one.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is not an address of this machine.`;
  return `The dashboard cannot be served on port ${port} of ${host}: ${message}.`;
}

module.exports = { PageServer };
