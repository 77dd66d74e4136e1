'use strict';
// Requests with the labels of their routes, while labels are wanted: the servers' `request` event, and the events of a
// request and its response later on, as body parsers have them. It makes no labels, and patches no module that the program
// has not loaded.

const { weakly } = require('../lifetime.js');
const { handlerOf, handlers } = require('./nest.js');
const { Patch } = require('./patch.js');
const { Routes, cleanPath } = require('./routes.js');

/** The label of a request, on the request. */
const LABEL = Symbol('memwatch.label');

// Of fastify 5, with the request and its route.
const FASTIFY = 'tracing:fastify.request.handler:start';

/** What labels are for it. @typedef {import('./index.js').Labels} Labels */

/** Whether the program has loaded a module of Node's: to load it here would cost what nobody needs. @param {string} name */
const isLoaded = (name) =>
  /** @type {{ moduleLoadList?: string[] }} */ (/** @type {unknown} */ (process)).moduleLoadList?.includes(
    `NativeModule ${name}`,
  ) === true;

/**
 * The route of express, with the path that its router is mounted at, which has the values of its parameters.
 * @param {unknown} base
 * @param {string} path
 */
const pathOf = (base, path) =>
  typeof base === 'string' && base !== '' ? `${cleanPath(base)}${path === '/' ? '' : path}` : path;

class HttpLabels {
  #labels;
  #routes;
  /** @type {Patch[]} */
  #patches = [];
  /** Modules whose servers are patched. @type {Set<string>} */
  #known = new Set();
  /** For which label the work of a route of express was handed over last. @type {WeakMap<object, number>} */
  #handedOver = new WeakMap();
  #isOn = false;
  /** Methods of controllers of NestJS, once they were looked for. @type {import('./nest.js').Handler[] | null} */
  #handlers = null;

  /** @param {Labels} labels */
  constructor(labels) {
    this.#labels = labels;
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
    for (const name of ['http', 'https']) {
      if (this.#known.has(name) || !isLoaded(name)) continue;
      this.#known.add(name);
      const { Server, IncomingMessage, ServerResponse } = require(`node:${name}`);
      const added = [new Patch(Server.prototype, 'emit', this.#emitOfServer)];
      if (name === 'http') {
        added.push(new Patch(IncomingMessage.prototype, 'emit', this.#emitOfRequest));
        added.push(new Patch(ServerResponse.prototype, 'emit', this.#emitOfResponse));
      }
      this.#patches.push(...added);
      if (this.#isOn) for (const patch of added) patch.begin();
    }
  }

  /** @type {import('./patch.js').Around} */
  #emitOfServer = (emit, server, args) => {
    const [event, request] = args;
    if (event !== 'request') return Reflect.apply(emit, server, args);
    return this.#labels.run(this.#labelFor(request), emit, server, args);
  };

  /** @type {import('./patch.js').Around} */
  #emitOfRequest = (emit, request, args) => {
    const label = request[LABEL];
    return label === undefined ? Reflect.apply(emit, request, args) : this.#labels.run(label.run, emit, request, args);
  };

  /** @type {import('./patch.js').Around} */
  #emitOfResponse = (emit, response, args) => {
    const label = response.req?.[LABEL];
    if (label === undefined) return Reflect.apply(emit, response, args);
    if (args[0] === 'finish') this.#answered(response.req, label);
    return this.#labels.run(label.run, emit, response, args);
  };

  /** @param {any} request */
  #labelFor(request) {
    try {
      const { method, url } = request;
      const route = this.#routes.labelOf(String(method), String(url));
      const run = this.#labels.runOf(route);
      // The path as it came: frameworks change `url` on the way.
      request[LABEL] = { route, run, method: String(method), url: String(url) };
      return run;
    } catch {
      // A request that is none of Node's own. It is served all the same.
      return this.#labels.runOf('new');
    }
  }

  /** The route is known, and what serves it. @param {any} request @param {{ route: any, method: string, url: string, fastify?: string, handler?: Function }} begun */
  #answered(request, { route: before, method, url, fastify, handler }) {
    try {
      const { route, baseUrl } = request;
      const name = fastify ?? (typeof route?.path === 'string' ? pathOf(baseUrl, route.path) : null);
      if (name === null) return;
      const label = this.#routes.learn(before, method, url, name);
      if (label === null) return;
      const of = fastify === undefined ? route : handler;
      if (of === undefined || this.#handedOver.get(of) === label.id) return;
      this.#handedOver.set(of, label.id);
      const layers =
        fastify === undefined ? (route.stack ?? []).map((/** @type {any} */ layer) => layer?.handle) : [handler];
      this.#handlers ??= handlers(require.cache);
      for (const work of [...layers, handlerOf(this.#handlers, method, name)]) this.#labels.noteWork(work, label.id);
    } catch {
      // A framework that has other things under these names.
    }
  }

  /** @param {any} message */
  #fastify = (message) => {
    const { request, route } = message ?? {};
    const label = request?.raw?.[LABEL];
    if (label === undefined || typeof route?.url !== 'string') return;
    label.fastify = route.url;
    label.handler = request.routeOptions?.handler;
  };

  /** The same for the channel, which outlives a loading of memwatch. */
  #heard = weakly(this.#fastify);
}

module.exports = { HttpLabels };
