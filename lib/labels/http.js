'use strict';
// Requests with the labels of their routes, while labels are wanted: the servers' `request` event (of HTTP/2 also
// `stream`), and the events of a request and its response later on, as body parsers have them. It makes no labels, and
// patches no module that the program has not loaded.

const { weakly } = require('../lifetime.js');
const { Draw } = require('./draw.js');
const express = require('./express.js');
const { handlerOf, handlers } = require('./nest.js');
const opentelemetry = require('./opentelemetry.js');
const { Patch } = require('./patch.js');
const { Routes, cleanPath } = require('./routes.js');

// Of a request, its response and its stream, what the program listens to. A further property of a few objects makes V8's
// code slower for all of them (8 % of a request), so only those have one that somebody listens to.
const EVENTS = ['data', 'end', 'readable', 'finish', 'close', 'drain'];

// Of fastify 5, with the request and its route.
const FASTIFY = 'tracing:fastify.request.handler:start';

/** What labels are for it. @typedef {import('./index.js').Labels} Labels */

/**
 * A request with a label.
 * @typedef {object} Begun
 * @property {import('./routes.js').RouteLabel | 'new' | 'other'} route  as it was when it began
 * @property {import('./index.js').Run} run
 * @property {string} method
 * @property {string} url  as it came: frameworks change it on the way
 * @property {any} request
 * @property {string} [fastify]  the route
 * @property {Function} [handler]  of fastify's
 */

/** The same stream twice, of HTTP/2. @typedef {[request: any, response: any]} Ends */

/** Whether the program has loaded a module of Node: loading it here would be a needless cost. @param {string} name */
const isLoaded = (name) =>
  /** @type {{ moduleLoadList?: string[] }} */ (/** @type {unknown} */ (process)).moduleLoadList?.includes(
    `NativeModule ${name}`,
  ) === true;

/** Prototypes of servers, by the module. The classes of HTTP/2 are not exported, so one of each is made, and never listens. */
const SERVERS = {
  http: () => [require('node:http').Server.prototype],
  https: () => [require('node:https').Server.prototype],
  http2: () => {
    const { createServer, createSecureServer } = require('node:http2');
    return [createServer(), createSecureServer()].map((server) => Object.getPrototypeOf(server));
  },
};

/** The route as frameworks have it. @param {Begun} begun */
function nameOf({ request, method, url, fastify }) {
  if (fastify !== undefined) return fastify;
  const found = express.routeOf(request);
  if (found === null) return opentelemetry.routeOf(method, url);
  const { mount, path } = found;
  if (mount === null) return opentelemetry.routeOf(method, url) ?? joined(cleanPath(request.baseUrl), path);
  return joined(mount, path);
}

/** @param {string} mount @param {string} path */
const joined = (mount, path) => (mount === '' ? path : `${mount}${path === '/' ? '' : path}`);

/** How many listeners there are of what matters. @param {any} emitter */
const listeners = (emitter) => EVENTS.reduce((sum, event) => sum + emitter.listenerCount(event), 0);

class HttpLabels {
  #labels;
  /** By request, or stream of HTTP/2. @type {WeakMap<object, Begun>} */
  #begun = new WeakMap();
  #routes;
  #draw = new Draw();
  /** @type {Patch[]} */
  #patches = [];
  /** Modules whose servers are patched. @type {Set<string>} */
  #known = new Set();
  /** For which label the work of a route was handed over last. @type {WeakMap<object, number>} */
  #handedOver = new WeakMap();
  #isOn = false;
  /** Stands for all requests that were not drawn. @type {Begun} */
  #notDrawn;
  /** Listeners of Node's own for the end of a response. */
  #finishers = Infinity;
  /** Methods of controllers of NestJS, once they were looked for. @type {import('./nest.js').Handler[] | null} */
  #handlers = null;

  /** @param {Labels} labels */
  constructor(labels) {
    this.#labels = labels;
    this.#notDrawn = { route: 'other', run: labels.notDrawn, method: '', url: '', request: null };
    this.#routes = new Routes(
      (name) => labels.newRoute(name),
      (id, name) => labels.rename(id, name),
    );
  }

  begin() {
    this.find();
    for (const patch of this.#patches) patch.begin();
    if (!this.#isOn) require('node:diagnostics_channel').subscribe(FASTIFY, this.#heard);
    this.#isOn = true;
  }

  end() {
    for (const patch of this.#patches) patch.end();
    if (this.#isOn) require('node:diagnostics_channel').unsubscribe(FASTIFY, this.#heard);
    this.#isOn = false;
  }

  /** Modules that the program has loaded since. */
  find() {
    for (const [name, prototypes] of Object.entries(SERVERS)) {
      if (this.#known.has(name) || !isLoaded(name)) continue;
      this.#known.add(name);
      const around = name === 'http2' ? this.#emitOfServer2 : this.#emitOfServer;
      const added = prototypes().map((prototype) => new Patch(prototype, 'emit', around));
      this.#patches.push(...added);
      if (this.#isOn) for (const patch of added) patch.begin();
    }
  }

  /** @type {import('./patch.js').Around} */
  #emitOfServer = (emit, server, args) => {
    if (args[0] !== 'request') return Reflect.apply(emit, server, args);
    const [, request, response] = /** @type {any[]} */ (args);
    if (!this.#draw.next()) return this.#runNotDrawn([request, response], emit, server, args);
    return this.#run(this.#begin(request, request?.method, request?.url), [request, response], emit, server, args);
  };

  /**
   * A stream has its label before its request is made of it, which has the same; a request of HTTP/1 on such a server is
   * one as on others.
   * @type {import('./patch.js').Around}
   */
  #emitOfServer2 = (emit, server, args) => {
    const [event, of, second] = /** @type {any[]} */ (args);
    if (event === 'request') {
      if (of?.stream === undefined) return this.#emitOfServer(emit, server, args);
      const begun = this.#begun.get(of.stream);
      if (begun !== undefined) {
        if (begun !== this.#notDrawn) begun.request = of;
        return this.#run(begun, [of, second], emit, server, args);
      }
    } else if (event === 'stream') {
      const isDrawn = this.#draw.next();
      const begun = isDrawn ? this.#begin(of, second?.[':method'], second?.[':path']) : this.#notDrawn;
      return this.#run(begun, [of, of], emit, server, args);
    }
    return Reflect.apply(emit, server, args);
  };

  /**
   * @param {any} request
   * @param {unknown} method
   * @param {unknown} url
   * @returns {Begun}
   */
  #begin(request, method, url) {
    // One that is not Node's own is served all the same.
    const isOurs = typeof method === 'string' && typeof url === 'string';
    const route = isOurs ? this.#routes.labelOf(method, url) : 'new';
    return { route, run: this.#labels.runOf(route), method: String(method), url: String(url), request };
  }

  /**
   * @param {Begun} begun
   * @param {Ends} ends
   * @param {Function} emit
   * @param {any} server
   * @param {unknown[]} args
   */
  #run(begun, ends, emit, server, args) {
    const before = this.#prepare(begun, ends);
    try {
      return this.#labels.run(begun.run, emit, server, args);
    } finally {
      if (before !== null) this.#followListened(begun, ends, before);
    }
  }

  /**
   * A request that was not drawn, at a rate at which each microsecond counts: its events are followed as well, or they would
   * be taken for what no request does.
   * @param {Ends} ends
   * @param {Function} emit
   * @param {any} server
   * @param {unknown[]} args
   */
  #runNotDrawn(ends, emit, server, args) {
    const [request, response] = ends;
    if (request?.method !== 'GET' && request?.method !== 'HEAD')
      return this.#run(this.#notDrawn, ends, emit, server, args);
    const result = this.#labels.run(this.#labels.notDrawn, emit, server, args);
    try {
      if (request.listenerCount('end') > 0 || request.listenerCount('data') > 0) this.#follow(request, this.#notDrawn);
      if (response.listenerCount('finish') > this.#finishers) this.#follow(response, this.#notDrawn);
    } catch {
      // None of Node's own.
    }
    return result;
  }

  /**
   * @param {Begun} begun
   * @param {Ends} ends
   * @returns {number[] | null}  how many listeners each has; null if they are not Node's own
   */
  #prepare(begun, ends) {
    try {
      const [request, response] = ends;
      this.#begun.set(request, begun);
      if (begun !== this.#notDrawn) {
        this.#finishers = response.listenerCount('finish');
        response.on('finish', () => this.#answered(begun));
      }
      // A parser may begin to listen when a promise is kept: it does for a body.
      const { headers } = request;
      const hasBody = headers?.['content-length'] !== undefined || headers?.['transfer-encoding'] !== undefined;
      if (hasBody) this.#follow(request, begun);
      return ends.map(listeners);
    } catch {
      return null;
    }
  }

  /**
   * What the program has begun to listen to meanwhile.
   * @param {Begun} begun
   * @param {Ends} ends
   * @param {number[]} before
   */
  #followListened(begun, ends, before) {
    try {
      for (const [at, end] of ends.entries()) if (listeners(end) > before[at]) this.#follow(end, begun);
    } catch {
      // None of Node's own any more.
    }
  }

  /**
   * The events of a request, its response or its stream are of its label, too.
   * @param {any} emitter
   * @param {Begun} begun
   */
  #follow(emitter, begun) {
    const before = emitter.emit;
    if (Object.hasOwn(emitter, 'emit') || !Object.isExtensible(emitter)) return;
    const labels = this.#labels;
    /** @this {any} @param {...any} args */
    function emit(...args) {
      return labels.run(begun.run, before, this, args);
    }
    Object.defineProperty(emitter, 'emit', { value: emit, configurable: true, writable: true });
  }

  /** The route is known, and what serves it. @param {Begun} begun */
  #answered = (begun) => {
    if (!this.#isOn) return;
    try {
      const { route: before, method, url, fastify, handler } = begun;
      const name = nameOf(begun);
      if (name === null) return;
      const label = this.#routes.learn(before, method, url, name);
      if (label === null) return;
      const { route } = begun.request;
      const work = fastify === undefined ? route : handler;
      if (typeof work !== 'object' && typeof work !== 'function') return;
      if (work === null || this.#handedOver.get(work) === label.id) return;
      this.#handedOver.set(work, label.id);
      const layers =
        fastify === undefined ? (route.stack ?? []).map((/** @type {any} */ layer) => layer?.handle) : [handler];
      this.#handlers ??= handlers(require.cache);
      for (const of of [...layers, handlerOf(this.#handlers, method, name)]) this.#labels.noteWork(of, label.id);
    } catch {
      // A framework that has other things under these names.
    }
  };

  /** @param {any} message */
  #fastify = (message) => {
    const { request, route } = message ?? {};
    const begun = this.#begun.get(request?.raw);
    if (begun === undefined || typeof route?.url !== 'string') return;
    begun.fastify = route.url;
    begun.handler = request.routeOptions?.handler;
  };

  /** The same for the channel, which outlives a loading of memwatch. */
  #heard = weakly(this.#fastify);
}

module.exports = { HttpLabels };
