'use strict';
// Which route a request is of: by its path until it has been answered, by what its framework says afterwards. Names and
// bounds alone: it calls nothing, and knows no server.

const { printable } = require('../printable.js');

// Characters of a name: more than a line of a terminal shows.
const MOST_TEXT = 120;

// Paths that are remembered with their labels, and paths that were seen once. A scanner asks for any number of them.
const MOST_PATHS = 1000;

// A route that matches paths of other routes this often is not used as a pattern.
const MOST_MISTAKEN = 8;

// Tokens that no program has in its routes: identifiers, digests, keys, addresses.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^(?=.*\d)[0-9a-f]{8,}$/i;
const TOKEN = /^(?=.*\d)[\w.~-]{20,}$/;
const LONG_NUMBER = /\d{4,}/g;

/** @param {string} segment */
function cleanSegment(segment) {
  if (/^\d+$/.test(segment) || UUID.test(segment) || HEX.test(segment) || TOKEN.test(segment)) return ':id';
  if (segment.includes('@') || /%40/i.test(segment)) return ':id';
  return segment.replace(LONG_NUMBER, ':n');
}

/** A name as it is shown. @param {string} name */
function cleanName(name) {
  const text = printable(name.length > MOST_TEXT ? `${name.slice(0, MOST_TEXT)}…` : name);
  return text === '' ? '(no name)' : text;
}

/** The path of an address, without what differs between requests of one route. @param {string} url */
function cleanPath(url) {
  const [path] = url.slice(0, 4 * MOST_TEXT).split(/[?#]/, 1);
  return cleanName(path.split('/').map(cleanSegment).join('/') || '/');
}

/** Whether a path is of a route such as `/shops/:shop/goods/*`; null of a route that only its framework can read. @param {string} route */
function matcherOf(route) {
  if (!/[:*]/.test(route) || /[()[\]{}?+\\|^$]/.test(route)) return null;
  const parts = route.split(/(:\w+|\*\w*)/);
  const pattern = parts.map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part.startsWith('*') ? '.*' : part.replace(/[.]/g, '\\.');
  });
  const whole = new RegExp(`^${pattern.join('')}/?$`);
  return (/** @type {string} */ path) => whole.test(path);
}

/**
 * One label of a route.
 * @typedef {object} RouteLabel
 * @property {number} id
 * @property {string} method
 * @property {string} path  without what differs
 * @property {string | null | false} route  null before it is known, false where there was more than one
 * @property {((path: string) => boolean) | null} matches  whether a further path is one of the route
 * @property {number} mistaken  how many that seemed so were not
 */

/** Labels by the paths of requests. */
class Routes {
  /** @type {(name: string) => number | null} */
  #newLabel;
  /** @type {(id: number, name: string) => void} */
  #rename;
  /** By method and path as requests have it. @type {Map<string, RouteLabel>} */
  #paths = new Map();
  /** By method and path without what differs. @type {Map<string, RouteLabel>} */
  #labels = new Map();
  /** By method and route, those that were known by their route first. @type {Map<string, RouteLabel>} */
  #routes = new Map();
  /** Those whose routes have parameters. @type {Set<RouteLabel>} */
  #patterns = new Set();
  /** Seen once. @type {Set<string>} */
  #once = new Set();

  /**
   * @param {(name: string) => number | null} newLabel  its number; null where there are enough
   * @param {(id: number, name: string) => void} rename
   */
  constructor(newLabel, rename) {
    this.#newLabel = newLabel;
    this.#rename = rename;
  }

  /**
   * The label of a request that begins. A path that is met for the first time has none yet: it may be one of any number.
   * @param {string} method
   * @param {string} url
   * @returns {RouteLabel | 'new' | 'other'}
   */
  labelOf(method, url) {
    const end = url.search(/[?#]/);
    const path = end < 0 ? url : url.slice(0, end);
    const key = `${method} ${path}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const found = this.#find(method, path);
    if (typeof found === 'object') {
      if (this.#paths.size >= MOST_PATHS) this.#paths.clear();
      this.#paths.set(key, found);
    }
    return found;
  }

  /** @param {string} method @param {string} path @returns {RouteLabel | 'new' | 'other'} */
  #find(method, path) {
    const cleaned = cleanPath(path);
    const key = `${method} ${cleaned}`;
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    for (const label of this.#patterns) {
      if (label.method === method && label.matches?.(path)) return label;
    }
    if (!this.#once.has(key)) {
      if (this.#once.size >= MOST_PATHS) this.#once.clear();
      this.#once.add(key);
      return 'new';
    }
    const id = this.#newLabel(key);
    if (id === null) return 'other';
    this.#once.delete(key);
    /** @type {RouteLabel} */
    const label = { id, method, path: cleaned, route: null, matches: null, mistaken: 0 };
    this.#labels.set(key, label);
    return label;
  }

  /**
   * A request was answered, and its framework knows the route. The label whose route that is, of all requests so far; null
   * where there is none: a label that has had two routes keeps the name of its path.
   * @param {RouteLabel | 'new' | 'other'} label  as it had when it began
   * @param {string} method
   * @param {string} url
   * @param {string} route
   * @returns {RouteLabel | null}
   */
  learn(label, method, url, route) {
    if (label === 'other') return null;
    if (label === 'new') return this.#learnNew(method, url, route);
    if (label.route === route) return label;
    if (label.route === null) {
      label.route = route;
      this.#match(label, route);
      this.#rename(label.id, cleanName(`${label.method} ${route}`));
      return label;
    }
    if (label.matches !== null && this.#labels.get(`${method} ${cleanPath(url)}`) !== label) {
      // The path only looks like one of the label's route: from now on it has its own.
      if (++label.mistaken > MOST_MISTAKEN) this.#patterns.delete(label);
      this.#paths.clear();
      return this.#learnNew(method, url, route);
    }
    this.#patterns.delete(label);
    this.#paths.clear();
    label.matches = null;
    if (label.route !== false) this.#rename(label.id, `${label.method} ${label.path}`);
    label.route = false;
    return null;
  }

  /** @param {string} method @param {string} url @param {string} route */
  #learnNew(method, url, route) {
    const name = `${method} ${route}`;
    const path = cleanPath(url);
    const label = this.#routes.get(name) ?? this.#labelOfRoute(name, method, path, route);
    if (label !== null && this.#labels.size < MOST_PATHS) this.#labels.set(`${method} ${path}`, label);
    return label;
  }

  /** @param {string} name @param {string} method @param {string} path @param {string} route */
  #labelOfRoute(name, method, path, route) {
    const id = this.#newLabel(cleanName(name));
    if (id === null) return null;
    /** @type {RouteLabel} */
    const label = { id, method, path, route, matches: null, mistaken: 0 };
    this.#match(label, route);
    this.#routes.set(name, label);
    return label;
  }

  /** Further paths are of this label where its route has parameters. @param {RouteLabel} label @param {string} route */
  #match(label, route) {
    label.matches = matcherOf(route);
    if (label.matches !== null) this.#patterns.add(label);
  }
}

module.exports = { Routes, cleanName, cleanPath, matcherOf };
