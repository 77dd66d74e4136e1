'use strict';
// `/debug/pprof/heap` and `allocs` over HTTP, as Go's programs answer them: the query, the answer, and each refusal as one sentence with
// a code. For a handler in the program's own server, and for the dashboard. Who may ask is decided by those: there is
// no check of that here.

const { invalid } = require('./options.js');

// What takes longer is for a sampler that runs always, of which two profiles can be compared.
const MOST_SECONDS = 60;

/** @type {Record<string, number>} */
const STATUS = {
  ERR_MEMWATCH_USAGE: 400,
  ERR_MEMWATCH_PROFILE_BUSY: 429,
  ERR_MEMWATCH_NO_ALLOCS: 503,
  ERR_MEMWATCH_NO_SAMPLER: 503,
};

/** @param {string} name @returns {name is 'heap' | 'allocs'} */
const isProfile = (name) => name === 'heap' || name === 'allocs';

/** @param {import('node:http').ServerResponse} response @param {number} status @param {string} sentence */
function refuse(response, status, sentence) {
  // A response that has begun, or that has lost its client, cannot report an error any more.
  if (response.headersSent || response.destroyed) return;
  // `go tool pprof` prints the sentence of a refusal only where this header is.
  response.setHeader('x-go-pprof', '1');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${sentence}\n`);
}

/** @param {import('node:http').ServerResponse} response @param {any} error */
function refuseFor(response, { message, code }) {
  refuse(response, STATUS[code] ?? 500, code === undefined ? message : `${message} (${code})`);
}

/** A number of the query. @param {URLSearchParams} query @param {string} name @param {[number, number]} range */
function numberOf(query, name, [least, most]) {
  const text = query.get(name);
  if (text === null) return 0;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw invalid(`${name} must be a whole number from ${least} to ${most}.`);
}

/** @param {'heap' | 'allocs'} what @param {URLSearchParams} query */
function wantedBy(what, query) {
  if (numberOf(query, 'debug', [0, 9]) !== 0) {
    throw invalid('There is no profile as text; leave debug out, and open the file with go tool pprof.');
  }
  const seconds = numberOf(query, 'seconds', [1, MOST_SECONDS]);
  if (what === 'allocs' && seconds === 0) {
    throw invalid(
      'What was allocated since the start is not known; ask for some seconds: /debug/pprof/allocs?seconds=30.',
    );
  }
  return { what, seconds, collects: numberOf(query, 'gc', [0, 9]) > 0 };
}

/** @typedef {{ what: 'heap' | 'allocs', seconds: number, collects: boolean, signal: AbortSignal }} Wanted */

/**
 * Answers one request for a profile.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {{ name: string, query: URLSearchParams, take: (wanted: Wanted) => Promise<Buffer> }} how
 *   `name`: the last part of the path
 */
async function answer(request, response, { name, query, take }) {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-store');
  if (!isProfile(name)) return refuse(response, 404, 'Not found; there are /debug/pprof/heap and /debug/pprof/allocs.');
  if (request.method !== 'GET') {
    response.setHeader('allow', 'GET');
    return refuse(response, 405, 'Only GET is allowed here.');
  }
  const left = new AbortController();
  const leave = () => left.abort();
  response.once('close', leave);
  try {
    const file = await take({ ...wantedBy(name, query), signal: left.signal });
    // No content-encoding: gzip is part of the format.
    response.setHeader('content-disposition', `attachment; filename="${name}.pb.gz"`);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.length });
    return response.end(file);
  } catch (error) {
    return refuseFor(response, error);
  } finally {
    response.off('close', leave);
  }
}

/** @param {string} url @returns {{ path: string, query: URLSearchParams }} */
function partsOf(url) {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return { path, query: new URLSearchParams(at < 0 ? '' : url.slice(at)) };
}

/**
 * memwatch.pprofHandler(): for node:http, and for express and others that call it with `next`.
 * @param {(wanted: Wanted) => Promise<Buffer>} take  a profile of this thread
 */
const pprofHandlerOf = (take) => () => {
  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {() => void} [next]
   */
  return (request, response, next) => {
    const { path, query } = partsOf(request.url ?? '');
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (typeof next === 'function' && !isProfile(name)) return next();
    answer(request, response, { name, query, take }).catch(() => response.destroy());
    return undefined;
  };
};

module.exports = { answer, pprofHandlerOf };
