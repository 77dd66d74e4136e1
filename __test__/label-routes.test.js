'use strict';
// The route of a request, and the content of its name. Measurements under a label are in labels.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const http = require('node:http');
const { ROOT_CONTEXT, context, trace } = require('@opentelemetry/api');
const { RPCType, setRPCMetadata } = require('@opentelemetry/core');
const express = require('express');
const { labelInWords, readLabels, withLabel } = require('../lib/label-words.js');
const { Draw } = require('../lib/labels/draw.js');
const mounts = require('../lib/labels/express.js');
const { handlerOf, handlers } = require('../lib/labels/nest.js');
const opentelemetry = require('../lib/labels/opentelemetry.js');
const { Patch } = require('../lib/labels/patch.js');
const { Routes, cleanName, cleanPath } = require('../lib/labels/routes.js');

test('the variable parts of requests of one route are not in its name', () => {
  for (const [url, path] of [
    ['/users/123', '/users/:id'],
    ['/users/123/posts/9?page=2', '/users/:id/posts/:id'],
    ['/files/3f2504e0-4f89-11d3-9a0c-0305e82c3301', '/files/:id'],
    ['/objects/5f43aa6b9d1e', '/objects/:id'],
    ['/reset/eyJhbGciOiJIUzI1NiIsInR5cCI6', '/reset/:id'],
    ['/mail/someone@example.org', '/mail/:id'],
    ['/mail/someone%40example.org', '/mail/:id'],
    ['/orders/order-20240131', '/orders/order-:n'],
    ['/v1/feed', '/v1/feed'],
    ['/cafe/facade', '/cafe/facade'],
    ['/', '/'],
    ['', '/'],
    ['?a=1', '/'],
    ['*', '*'],
  ]) {
    assert.equal(cleanPath(url), path, url);
  }
});

test('a name is short and contains no terminal control characters', () => {
  assert.equal(cleanName('\u001b[31mred\n'), '\\u{1b}[31mred\\n');
  assert.ok(cleanName('x'.repeat(10_000)).length < 130);
  assert.ok(cleanPath(`/${'a/'.repeat(100_000)}`).length < 130);
});

/** Routes with what they have named: `most` labels at most. */
function named(most = 10) {
  const names = new Map();
  const routes = new Routes(
    (name) => {
      if (names.size >= most) return null;
      const id = names.size + 2;
      names.set(id, name);
      return id;
    },
    (id, name) => names.set(id, name),
  );
  /** A request to its end; the name that it has then. */
  const serve = (method, url, route) => {
    const label = routes.labelOf(method, url);
    if (route !== undefined) routes.learn(label, method, url, route);
    return typeof label === 'object' ? names.get(label.id) : label;
  };
  return { serve, names };
}

test('a path is labelled from its second request on, named as the framework names it', () => {
  const { serve, names } = named();
  assert.equal(serve('GET', '/users/1', '/users/:user'), 'new');
  assert.equal(serve('GET', '/users/2', '/users/:user'), 'GET /users/:user');
  assert.equal(serve('GET', '/users/3'), 'GET /users/:user');
  assert.equal(serve('POST', '/users/3'), 'new');
  assert.equal(names.size, 1);
});

test('paths with different names share one label once their route is known', () => {
  const { serve, names } = named();
  serve('GET', '/goods/chair', '/goods/:name');
  for (let i = 0; i < 500; i++) {
    const name = `${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + ((i / 26) | 0))}`;
    assert.equal(serve('GET', `/goods/${name}`, '/goods/:name'), 'GET /goods/:name');
  }
  assert.equal(names.size, 1);
});

test('a path that only resembles a route has its own label after its first request', () => {
  const { serve, names } = named();
  serve('GET', '/goods/chair', '/goods/:name');
  // Taken for a name, once.
  assert.equal(serve('GET', '/goods/new', '/goods/new'), 'GET /goods/:name');

  assert.equal(serve('GET', '/goods/new', '/goods/new'), 'GET /goods/new');
  assert.equal(serve('GET', '/goods/chair', '/goods/:name'), 'GET /goods/:name');
  assert.equal(names.size, 2);
});

test('a label whose requests belong to two routes keeps the name of their path', () => {
  const { serve } = named();
  serve('GET', '/users/1', '/users/:user');
  assert.equal(serve('GET', '/users/2', '/users/:user'), 'GET /users/:user');
  assert.equal(serve('GET', '/users/3', '/users/3'), 'GET /users/:id');
  assert.equal(serve('GET', '/users/4', '/users/:user'), 'GET /users/:id');
});

test('a scanner uses up no labels, and the number of labels is limited', () => {
  const { serve, names } = named(3);
  const letter = (at) => String.fromCharCode(97 + (at % 26));
  for (let i = 0; i < 5000; i++) {
    assert.equal(serve('GET', `/${letter(i)}${letter((i / 26) | 0)}${letter((i / 676) | 0)}.php`), 'new');
  }
  assert.equal(names.size, 0);
  for (const path of ['/a', '/b', '/c', '/d']) {
    serve('GET', path);
    serve('GET', path);
  }
  assert.equal(names.size, 3);
  assert.equal(serve('GET', '/d'), 'other');
});

test('a route that only its framework can parse is not used as a pattern for paths', () => {
  const { serve } = named();
  serve('GET', '/any/thing', '/:a/(thing|else)');
  assert.equal(serve('GET', '/any/thing', '/:a/(thing|else)'), 'GET /:a/(thing|else)');
  assert.equal(serve('GET', '/any/else', '/:a/(thing|else)'), 'new');
});

test('a label is reported with its share, and a small one is omitted', () => {
  const site = (share, kind, name = 'POST /users') => ({ labels: [{ name, kind, share }] });
  assert.equal(labelInWords(site(0.918, 'route')), '92 % while serving POST /users');
  assert.equal(labelInWords(site(1, 'task', 'queue: mail')), '100 % while in queue: mail');
  assert.equal(withLabel(site(0.5, 'task', 'job')), ', 50 % while in job');
  for (const none of [site(0.05, 'route'), site(0.9, null, null), { labels: [] }, {}, null, undefined]) {
    assert.equal(withLabel(/** @type {any} */ (none)), '');
  }
});

test('labels from another process are treated as untrusted text', () => {
  for (const value of [undefined, null, 7, 'x', {}, [[]]]) {
    for (const label of readLabels(value)) assert.deepEqual(label, { name: null, kind: null, share: null });
  }
  const [label] = readLabels([{ name: 'x'.repeat(1000), kind: 'other', share: 'much' }]);
  assert.deepEqual([label.name.length, label.kind, label.share], [300, null, null]);
  assert.equal(readLabels(new Array(1000).fill({})).length, 4);
});

/** Modules and what reflect-metadata would know of them: of each class its path, of each method its path and verb. */
function nest(controllers) {
  const facts = new Map();
  /** @type {Record<string, { exports: any }>} */
  const modules = {};
  for (const [name, { path, methods }] of Object.entries(controllers)) {
    class Controller {}
    facts.set(Controller, { __controller__: true, path });
    for (const [method, [verb, of]] of Object.entries(methods)) {
      Controller.prototype[method] = function work() {};
      facts.set(Controller.prototype[method], { method: verb, path: of });
    }
    modules[`/srv/${name}.js`] = { exports: { [name]: Controller, other: 7 } };
  }
  return { modules, reflect: { getMetadata: (key, target) => facts.get(target)?.[key] } };
}

const [GET, POST] = [0, 1];

test('the method of a controller is found from the route that it serves', () => {
  const { modules, reflect } = nest({
    Users: { path: 'users', methods: { all: [GET, '/'], one: [GET, ':id'], subscribe: [POST, 'subscribe'] } },
    Root: { path: ['/', 'home'], methods: { index: [GET, ['/']] } },
  });
  const all = handlers(modules, reflect);
  const { Users, Root } = Object.assign({}, ...Object.values(modules).map((module) => module.exports));
  for (const [method, route, work] of [
    ['POST', '/users/subscribe', Users.prototype.subscribe],
    ['POST', '/api/v1/users/subscribe', Users.prototype.subscribe],
    ['GET', '/users', Users.prototype.all],
    ['GET', '/users/:id', Users.prototype.one],
    ['GET', '/', Root.prototype.index],
    ['GET', '/home', Root.prototype.index],
    ['GET', '/users/subscribe', undefined],
    ['DELETE', '/users/:id', undefined],
  ]) {
    assert.equal(handlerOf(all, method, route), work, `${method} ${route}`);
  }
});

test('a route that two methods might serve is attributed to neither', () => {
  const { modules, reflect } = nest({
    Users: { path: 'users', methods: { all: [GET, ''] } },
    Admins: { path: 'admin/users', methods: { all: [GET, ''] } },
  });
  const all = handlers(modules, reflect);
  assert.equal(handlerOf(all, 'GET', '/api/admin/users'), undefined);
  assert.notEqual(handlerOf(all, 'GET', '/admin/users'), undefined);
});

test('without NestJS nothing is inspected and no getter runs', () => {
  const exports = {
    get dear() {
      throw new Error('it ran');
    },
  };
  assert.deepEqual(handlers({ a: { exports } }, /** @type {any} */ ({})), []);
  assert.deepEqual(
    handlers({ a: { exports }, b: undefined, c: { exports: null } }, { getMetadata: () => undefined }),
    [],
  );
});

test('a patched method is restored to its original, inherited or own', () => {
  const base = { greet: () => 'hello' };
  const inherited = Object.create(base);
  const own = { greet: () => 'hello' };
  const [before] = [own.greet];
  for (const prototype of [inherited, own]) {
    const patch = new Patch(prototype, 'greet', (original, self, args) => `${Reflect.apply(original, self, args)}!`);
    patch.begin();
    patch.begin();
    assert.equal(prototype.greet(), 'hello!');
    patch.end();
    patch.end();
    assert.equal(prototype.greet(), 'hello');
  }
  assert.equal(Object.hasOwn(inherited, 'greet'), false);
  assert.equal(own.greet, before);
});

test('a method that other code patched meanwhile stays patched, and our wrapper passes calls on', () => {
  const object = { greet: () => 'hello' };
  const patch = new Patch(object, 'greet', (original, self, args) => `${Reflect.apply(original, self, args)}!`);
  patch.begin();
  const ours = object.greet;
  const theirs = () => `[${ours()}]`;
  object.greet = theirs;
  patch.end();
  assert.equal(object.greet, theirs);
  assert.equal(object.greet(), '[hello]');
  patch.begin();
  assert.equal(object.greet(), '[hello!]');
  patch.end();
  object.greet = ours;
  patch.begin();
  patch.end();
  assert.equal(object.greet(), 'hello');
  assert.notEqual(object.greet, ours);
});

test('a method that cannot be patched is left alone', () => {
  const frozen = Object.freeze({ greet: () => 'hello' });
  const patch = new Patch(frozen, 'greet', () => 'ours');
  patch.begin();
  assert.equal(frozen.greet(), 'hello');
  patch.end();
  const none = new Patch({}, 'greet', () => 'ours');
  none.begin();
  none.end();
});

test('a hundred loadings that are dropped leave one wrapper around the original method', async () => {
  const object = { greet: () => 'hello' };
  const own = object.greet;
  const around = (name) => (original, self, args) => `${name}(${Reflect.apply(original, self, args)})`;
  for (let i = 0; i < 100; i++) new Patch(object, 'greet', around('lost')).begin();
  const ours = object.greet;
  const [first, second] = ['first', 'second'].map((name) => new Patch(object, 'greet', around(name)));
  first.begin();
  second.begin();
  assert.equal(object.greet, ours);
  assert.ok(object.greet().includes('first(second(hello))'));
  first.end();
  assert.equal(object.greet, ours);
  /** @type {any} */ (globalThis).gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  second.end();
  // Where no loading is left, or V8 has not collected them yet.
  assert.ok(object.greet === own || object.greet === ours);
});

/** How many requests are drawn where they come at a rate for some milliseconds. */
function drawn(draw, clock, aSecond, ms) {
  let count = 0;
  const requests = (aSecond * ms) / 1000;
  for (let i = 0; i < requests; i++) {
    clock.now += 1000 / aSecond;
    if (draw.next()) count += 1;
  }
  return { count, requests };
}

test('every request is labelled at low rates, and a few hundred a second at high rates', () => {
  const clock = { now: 0 };
  const draw = new Draw(() => clock.now);
  const few = drawn(draw, clock, 100, 5000);
  assert.equal(few.count, few.requests);
  const burst = drawn(draw, clock, 50_000, 100);
  assert.ok(burst.count < 400, `${burst.count}`);
  drawn(draw, clock, 50_000, 2000);
  const many = drawn(draw, clock, 50_000, 10_000);
  assert.ok(many.count > 1200 && many.count < 3000, `${many.count}`);
  drawn(draw, clock, 100, 5000);
  const again = drawn(draw, clock, 100, 5000);
  assert.equal(again.count, again.requests);
});

test('the choice of sampled requests is independent of their order', () => {
  const clock = { now: 0 };
  const draw = new Draw(() => clock.now);
  drawn(draw, clock, 10_000, 2000);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 100_000; i++) {
    clock.now += 0.1;
    if (draw.next()) counts[i % 4] += 1;
  }
  const mean = counts.reduce((sum, count) => sum + count) / 4;
  for (const count of counts) assert.ok(Math.abs(count - mean) < mean / 4, counts.join(' '));
});

/** What express knows of requests to an application, at their end. */
async function routesOf(app, paths) {
  const found = [];
  const server = http.createServer((request, response) => {
    response.on('finish', () => found.push(mounts.routeOf(request)));
    app(request, response);
  });
  server.listen(0);
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  for (const path of paths) {
    const [response] = await once(http.get({ port, path, agent: false }), 'response');
    response.resume();
    await once(response, 'end');
  }
  server.close();
  return found.map((route) => route && `${route.mount} ${route.path}`);
}

test('the mount path of a router has the names of its parameters, not their values', async () => {
  const app = express();
  const [shops, goods] = [express.Router(), express.Router({ mergeParams: true })];
  const answer = (request, response) => response.end();
  goods.get('/:good', answer);
  shops.get('/all', answer);
  shops.use('/goods', goods);
  const inner = express();
  inner.use('/of/:owner', shops);
  app.use('/shops/:shop', shops);
  app.use(['/old', '/older/:year'], shops);
  app.use('/inner/:number', inner);
  app.get('/plain', answer);
  const paths = ['/shops/berlin/goods/chair', '/shops/paris/goods/table', '/shops/r%C3%B6m/all', '/old/all'];
  assert.deepEqual(await routesOf(app, [...paths, '/older/1999/goods/3', '/inner/7/of/me/all', '/plain', '/none']), [
    '/shops/:shop/goods /:good',
    '/shops/:shop/goods /:good',
    '/shops/:shop /all',
    '/old /all',
    '/older/:year/goods /:good',
    '/inner/:number/of/:owner /all',
    ' /plain',
    null,
  ]);
});

test('the newest router of express returns the pattern itself', () => {
  const route = { path: '/all' };
  const inner = { stack: [{ route }] };
  const match = (path) =>
    path.startsWith('/shops/') && { path: '/shops/x', params: { shop: 'x' }, pattern: '/shops/:shop' };
  const request = { baseUrl: '/shops/x', route, app: { router: { stack: [{ handle: inner, match }] } } };
  assert.deepEqual(mounts.routeOf(request), { mount: '/shops/:shop', path: '/all' });
  const odd = { ...request, baseUrl: '/shops/y', route: { path: '/all' } };
  assert.deepEqual(mounts.routeOf(odd), { mount: null, path: '/all' });
});

/** Contexts as those of OpenTelemetry's SDK, which is not installed. */
function contexts() {
  const storage = new AsyncLocalStorage();
  /** @type {any} */
  const manager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (of, work, self, ...args) => storage.run(of, () => Reflect.apply(work, self, args)),
    bind: (of, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

test('http.route of OpenTelemetry is read from the span of the request and no other', () => {
  assert.equal(opentelemetry.routeOf('GET', '/users/7'), null);
  context.setGlobalContextManager(contexts());
  const spanOf = (attributes) => /** @type {any} */ ({ attributes, setAttribute() {} });
  const request = { 'http.request.method': 'GET', 'url.path': '/users/7' };
  const active = (span, work) => context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  try {
    assert.equal(opentelemetry.routeOf('GET', '/users/7'), null);
    active(spanOf({ ...request, 'http.route': '/users/:user' }), () => {
      assert.equal(opentelemetry.routeOf('GET', '/users/7?page=2'), '/users/:user');
      assert.equal(opentelemetry.routeOf('POST', '/users/7'), null);
      assert.equal(opentelemetry.routeOf('GET', '/users/8'), null);
    });
    active(spanOf({ ...request, 'http.route': 7 }), () => assert.equal(opentelemetry.routeOf('GET', '/users/7'), null));
    // As the instrumentation of a framework notes it, before the span has it.
    const noted = setRPCMetadata(ROOT_CONTEXT, { type: RPCType.HTTP, route: '/users/:noted', span: spanOf(request) });
    context.with(noted, () => assert.equal(opentelemetry.routeOf('GET', '/users/7'), '/users/:noted'));
  } finally {
    context.disable();
  }
});
