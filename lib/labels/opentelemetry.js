'use strict';
// The route of a request as OpenTelemetry knows it, `http.route`: what its instrumentations of frameworks have noted for
// the request's span, or the program itself on the active span. Read where its API keeps it, without loading a package;
// null where there is none, or the span is of another request.

const API = Symbol.for('opentelemetry.js.api.1');

// The keys of a context, as createContextKey() of the API makes them: the span, and what instrumentations note for it.
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const RPC = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA');

const ROUTE = 'http.route';
// Of a server's span, in the newer and the older convention.
const METHODS = ['http.request.method', 'http.method'];
const PATHS = ['url.path', 'http.target'];

/** @param {unknown} url */
const pathOf = (url) => String(url).split(/[?#]/, 1)[0];

/**
 * Whether what a span says of its request, if anything, is right of this one: requests that share a connection may end in
 * each other's context.
 * @param {any} span
 * @param {string} method
 * @param {string} url
 */
function isOf(span, method, url) {
  const attributes = span?.attributes ?? {};
  return (
    METHODS.every((name) => attributes[name] === undefined || attributes[name] === method) &&
    PATHS.every((name) => attributes[name] === undefined || pathOf(attributes[name]) === pathOf(url))
  );
}

/**
 * To be asked where the request was answered, in its own asynchronous context.
 * @param {string} method
 * @param {string} url
 * @returns {string | null}
 */
function routeOf(method, url) {
  const context = /** @type {any} */ (globalThis)[API]?.context?.active?.();
  if (typeof context?.getValue !== 'function') return null;
  const rpc = context.getValue(RPC);
  const span = context.getValue(SPAN);
  const found = [rpc?.route, rpc?.span?.attributes?.[ROUTE], span?.attributes?.[ROUTE]];
  const route = found.find((value) => typeof value === 'string' && value !== '');
  return route !== undefined && isOf(rpc?.span ?? span, method, url) ? route : null;
}

module.exports = { routeOf };
