'use strict';
// Which route a request is of, and what stands in its name. What is measured under a label is in labels.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { labelInWords, readLabels, withLabel } = require('../lib/label-words.js');
const { handlerOf, handlers } = require('../lib/labels/nest.js');
const { Patch } = require('../lib/labels/patch.js');
const { Routes, cleanName, cleanPath } = require('../lib/labels/routes.js');

test('what differs between requests of one route is not in its name', () => {
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

test('a name is short, and has nothing that a terminal acts on', () => {
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

test('a path is labelled from its second request on, and named as the framework names it', () => {
  const { serve, names } = named();
  assert.equal(serve('GET', '/users/1', '/users/:user'), 'new');
  assert.equal(serve('GET', '/users/2', '/users/:user'), 'GET /users/:user');
  assert.equal(serve('GET', '/users/3'), 'GET /users/:user');
  assert.equal(serve('POST', '/users/3'), 'new');
  assert.equal(names.size, 1);
});

test('names in paths are of one label once their route is known', () => {
  const { serve, names } = named();
  serve('GET', '/goods/chair', '/goods/:name');
  for (let i = 0; i < 500; i++) {
    const name = `${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + ((i / 26) | 0))}`;
    assert.equal(serve('GET', `/goods/${name}`, '/goods/:name'), 'GET /goods/:name');
  }
  assert.equal(names.size, 1);
});

test('a path that only looks like one of a route has a label of its own after its first request', () => {
  const { serve, names } = named();
  serve('GET', '/goods/chair', '/goods/:name');
  // Taken for a name, once.
  assert.equal(serve('GET', '/goods/new', '/goods/new'), 'GET /goods/:name');

  assert.equal(serve('GET', '/goods/new', '/goods/new'), 'GET /goods/new');
  assert.equal(serve('GET', '/goods/chair', '/goods/:name'), 'GET /goods/:name');
  assert.equal(names.size, 2);
});

test('a label whose requests turn out to be of two routes keeps the name of their path', () => {
  const { serve } = named();
  serve('GET', '/users/1', '/users/:user');
  assert.equal(serve('GET', '/users/2', '/users/:user'), 'GET /users/:user');
  assert.equal(serve('GET', '/users/3', '/users/3'), 'GET /users/:id');
  assert.equal(serve('GET', '/users/4', '/users/:user'), 'GET /users/:id');
});

test('a scanner takes no labels, and labels have an end', () => {
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

test('a route that only its framework can read is no pattern for paths', () => {
  const { serve } = named();
  serve('GET', '/any/thing', '/:a/(thing|else)');
  assert.equal(serve('GET', '/any/thing', '/:a/(thing|else)'), 'GET /:a/(thing|else)');
  assert.equal(serve('GET', '/any/else', '/:a/(thing|else)'), 'new');
});

test('a label is said with its share, and a small one not at all', () => {
  const site = (share, kind, name = 'POST /users') => ({ labels: [{ name, kind, share }] });
  assert.equal(labelInWords(site(0.918, 'route')), '92 % while serving POST /users');
  assert.equal(labelInWords(site(1, 'task', 'queue: mail')), '100 % while in queue: mail');
  assert.equal(withLabel(site(0.5, 'task', 'job')), ', 50 % while in job');
  for (const none of [site(0.05, 'route'), site(0.9, null, null), { labels: [] }, {}, null, undefined]) {
    assert.equal(withLabel(/** @type {any} */ (none)), '');
  }
});

test('labels of another process are read as what they are, whatever it sends', () => {
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

test('the method of a controller is known by the route that it serves', () => {
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

test('a route that two methods might serve is of none', () => {
  const { modules, reflect } = nest({
    Users: { path: 'users', methods: { all: [GET, ''] } },
    Admins: { path: 'admin/users', methods: { all: [GET, ''] } },
  });
  const all = handlers(modules, reflect);
  assert.equal(handlerOf(all, 'GET', '/api/admin/users'), undefined);
  assert.notEqual(handlerOf(all, 'GET', '/admin/users'), undefined);
});

test('where there is no NestJS nothing is looked at, and no getter is run', () => {
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

test('a method that is replaced is as it was afterwards, inherited or own', () => {
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

test('a method that somebody has replaced meanwhile stays theirs, and ours passes on', () => {
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

test('a method that cannot be replaced is left alone', () => {
  const frozen = Object.freeze({ greet: () => 'hello' });
  const patch = new Patch(frozen, 'greet', () => 'ours');
  patch.begin();
  assert.equal(frozen.greet(), 'hello');
  patch.end();
  const none = new Patch({}, 'greet', () => 'ours');
  none.begin();
  none.end();
});
