'use strict';
// The path that a route of express is mounted at, with the names of its parameters: `/shops/:shop` where a request has
// `/shops/berlin`. express keeps no such text, so each layer on the way is asked what it matches, as express asks it for
// each request. It knows express 4 and 5; null where the way is not to be seen, as through an application in a router.

const { matcherOf } = require('./routes.js');

// Patterns of one route that are remembered: a router is mounted at one or two places.
const MOST_PATTERNS = 8;

// Routers in routers, as far as they are followed.
const MOST_DEPTH = 20;

/** A path, and whether a further one is of it. @typedef {{ pattern: string, matches: ((path: string) => boolean) | null }} Mount */

/** By route. @type {WeakMap<object, Mount[]>} */
const known = new WeakMap();

/**
 * The part of a path that a layer stands for, with names for values; null where a value is not found in it as it is.
 * @param {string} matched
 * @param {Record<string, unknown>} params
 */
function named(matched, params) {
  const values = Object.entries(params ?? {}).filter(([, value]) => value !== undefined);
  if (values.length === 0) return matched;
  const left = new Map(values.map(([name, value]) => [String(value), name]));
  const segments = matched.split('/').map((segment) => {
    const value = decoded(segment);
    const name = left.get(value);
    if (name === undefined) return segment;
    left.delete(value);
    return `:${name}`;
  });
  return left.size === 0 ? segments.join('/') : null;
}

/** @param {string} segment */
function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * @param {any[]} stack  layers of a router
 * @param {object} route
 * @param {string} rest  of the path, from this router on
 * @param {number} depth
 * @returns {string | null}
 */
function follow(stack, route, rest, depth) {
  if (rest === '' && stack.some((layer) => layer?.route === route)) return '';
  if (depth === 0) return null;
  for (const layer of stack) {
    const inner = layer?.handle?.stack;
    if (!Array.isArray(inner) || typeof layer.match !== 'function') continue;
    const match = layer.match(rest || '/');
    if (!match) continue;
    // The newest router answers with what it matched, others note it on the layer.
    const { path, params, pattern } = typeof match === 'object' ? match : layer;
    const matched = typeof path === 'string' && path !== '/' ? path : '';
    if (!rest.startsWith(matched)) continue;
    const below = follow(inner, route, rest.slice(matched.length), depth - 1);
    if (below === null) continue;
    const here = matched !== '' && typeof pattern === 'string' ? pattern : named(matched, params);
    return here === null ? null : here + below;
  }
  return null;
}

/**
 * Where the application itself is mounted, and what of the path is below it.
 * @param {any} app
 * @param {string} base
 */
function mountOfApplication(app, base) {
  const pattern = app.parent === undefined ? '' : app.path();
  if (typeof pattern !== 'string') return null;
  const count = pattern.split('/').length - 1;
  const rest = base.split('/').slice(count + 1);
  return { pattern, rest: rest.map((segment) => `/${segment}`).join('') };
}

/**
 * @param {any} request  that express has answered
 * @returns {string | null}
 */
function mountOf({ app, baseUrl, route }) {
  const patterns = known.get(route) ?? [];
  const before = patterns.find(({ pattern, matches }) => pattern === baseUrl || matches?.(baseUrl));
  if (before !== undefined) return before.pattern;
  const stack = (app?._router ?? app?.router)?.stack;
  const mount = Array.isArray(stack) ? mountOfApplication(app, baseUrl) : null;
  const below = mount && follow(stack, route, mount.rest, MOST_DEPTH);
  if (mount === null || below === null) return null;
  const pattern = mount.pattern + below;
  if (patterns.length < MOST_PATTERNS) known.set(route, [...patterns, { pattern, matches: matcherOf(pattern) }]);
  return pattern;
}

/**
 * The whole route of a request that express has answered; null where it knows none. It is exact where the way to it is
 * known, else the path of the mount has the values of this request.
 * @param {any} request
 * @returns {{ mount: string | null, path: string } | null}
 */
function routeOf(request) {
  const { route, baseUrl } = request;
  if (typeof route?.path !== 'string') return null;
  if (typeof baseUrl !== 'string' || baseUrl === '') return { mount: '', path: route.path };
  return { mount: mountOf(request), path: route.path };
}

module.exports = { routeOf };
