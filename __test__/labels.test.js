'use strict';
// memwatch.label() and the labels of routes: what suspects say of what the program was at. What a label is divided by is
// tested in crates/detector/src/sites/labels_tests.rs. Programs of their own: there is one sampler in an isolate.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const memwatch = require('..');
const { labelInWords } = require('../lib/label-words.js');
const { ended, fixture, program, says } = require('./support/child.js');

/** The first suspect's labels, as `name share`. */
const labelsOf = ({ labels }) => labels.map(({ name, share }) => `${name ?? '?'} ${Math.round(share * 100)}`);

test('label() calls the function and returns its result unchanged, including promises', async () => {
  const promise = Promise.resolve(7);
  assert.equal(
    memwatch.label('job', () => 7),
    7,
  );
  assert.equal(
    memwatch.label('job', () => promise),
    promise,
  );
  assert.equal(await memwatch.label('job', async () => 7), 7);
});

test('an exception in a labelled function is passed on unchanged', () => {
  const mistake = new Error('mine');
  assert.throws(
    () =>
      memwatch.label('job', () => {
        throw mistake;
      }),
    (thrown) => thrown === mistake,
  );
});

test('invalid arguments of label() are refused in one sentence', () => {
  /** @type {any} */
  const label = memwatch.label;
  for (const [args, message] of [
    [[], 'The name of memwatch.label() must be a string that is not empty, but got undefined.'],
    [['', () => {}], 'The name of memwatch.label() must be a string that is not empty, but got "".'],
    [[7, () => {}], 'The name of memwatch.label() must be a string that is not empty, but got 7.'],
    [['job'], 'The function of memwatch.label() must be a function, but got undefined.'],
    [['job', Promise.resolve()], 'The function of memwatch.label() must be a function, but got a promise.'],
  ]) {
    assert.throws(() => label(...args), { name: 'TypeError', code: 'ERR_MEMWATCH_USAGE', message });
  }
});

const ROUTES = { sync: 'GET /orders/:order', body: 'POST /users/subscribe', async: 'GET /reports/:name' };

for (const kind of ['commonjs.js', 'module.mjs']) {
  for (const [how, route] of Object.entries(ROUTES)) {
    test(`a leak in one route of express is reported with that route (${how}, ${kind})`, async () => {
      const [{ suspects, table, before, after }] = ended(await fixture(`labels/shop-${kind}`, { args: [how] })).said;
      const place = suspects.findIndex((site) => site.function === 'track' || site.file?.endsWith('shop.js'));
      const site = suspects[place];
      assert.equal(site?.labels[0]?.name, route, JSON.stringify(suspects));
      assert.equal(site.labels[0].kind, 'route');
      assert.ok(site.labels[0].share > 0.8, JSON.stringify(site.labels));
      // No other route: all other allocations are unknown.
      assert.deepEqual(
        site.labels.slice(1).filter(({ name }) => name !== null),
        [],
      );
      assert.match(labelInWords(site), new RegExp(`^\\d+ % while serving ${route}$`));
      assert.equal(table[0].labels[0]?.name, route, JSON.stringify(table));
      for (const frame of site.stack) assert.doesNotMatch(String(frame.file), /memwatch:label|lib.labels/);
      // What was put around the server's method is gone.
      assert.deepEqual(after, before);
    });
  }
}

/** What a program leaves that runs labelled work a few hundred times while the sampler runs. */
const WATCHED = `
  const memwatch = require(ROOT);
  const sites = require(ROOT + '/lib/own.js').sites;
  const kept = [];
  function track(id) {
    kept.push(new Array(3750).fill(id));
  }
  async function watch(work) {
    sites.start();
    for (let i = 0; i < 200; i++) {
      await work(i);
      if (i % 20 === 19) {
        memwatch.gc();
        sites.observe();
      }
    }
    return sites.suspects({ top: 3 });
  }
`;

/** The suspects of a program that is written with the above. */
async function suspectsOf(work, { flags = [], before = '' } = {}) {
  const [suspects] = await says(`async () => { ${before}; ${WATCHED} say(await watch(${work})); process.exit(); }`, {
    flags,
  });
  return suspects;
}

test('work under label() is reported with its label', async () => {
  const [first] = await suspectsOf(`(i) => memwatch.label('queue: mail', () => track(i))`);
  assert.deepEqual(labelsOf(first), ['queue: mail 100']);
  assert.equal(first.labels[0].kind, 'task');
  assert.equal(labelInWords(first), '100 % while in queue: mail');
});

test('allocations after an await have the label of their work, also with two concurrent queues', async () => {
  const suspects = await suspectsOf(`(i) => Promise.all([
    memwatch.label('queue: mail', async function mail() {
      await new Promise((resolve) => setTimeout(resolve, 1));
      track(i);
    }),
    memwatch.label('queue: bills', async function bills() {
      await new Promise((resolve) => setTimeout(resolve, 1));
      new Array(3750).fill(i);
    }),
  ])`);
  assert.equal(suspects[0].labels[0]?.name, 'queue: mail', JSON.stringify(suspects));
  assert.ok(suspects[0].labels[0].share > 0.9, JSON.stringify(suspects[0].labels));
});

test('a site shared by several labels after an await is attributed to none of them', async () => {
  const suspects = await suspectsOf(`async (i) => {
    const run = (name) => memwatch.label(name, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (name === 'a') track(i);
    });
    await Promise.all([run('a'), run('b')]);
  }`);
  // Allocations before the await have their label, and a few samples are of those.
  for (const { labels } of suspects) {
    for (const { name, share } of labels) if (name !== null) assert.ok(share < 0.1, JSON.stringify(suspects));
  }
});

test('the innermost of nested labels is attributed', async () => {
  const [first] = await suspectsOf(`(i) =>
    memwatch.label('outer', () => {
      memwatch.label('inner', () => track(i));
      if (i % 4 === 0) track(i);
    })`);
  const labels = Object.fromEntries(first.labels.map(({ name, share }) => [name, share]));
  assert.ok(labels.inner > 0.6 && labels.outer > 0.05, JSON.stringify(first.labels));
  assert.ok(Math.abs(labels.inner + labels.outer - 1) < 0.02, JSON.stringify(first.labels));
});

test('the first 200 of ten thousand names are distinct, and each other name is attributed to none', async () => {
  const [first] = await suspectsOf(`(i) => {
    for (let j = 0; j < 50; j++) memwatch.label('job ' + (i * 50 + j), () => track(j));
    kept.length = Math.min(kept.length, 5 * i);
  }`);
  const known = first.labels.filter(({ name }) => name !== null);
  for (const { name } of known) assert.ok(Number(name.slice(4)) < 200, name);
  const unknown = first.labels.find(({ name }) => name === null);
  assert.ok(known.length === 0 || unknown.share > 0.5, JSON.stringify(first.labels));
});

test('labels work with --disallow-code-generation-from-strings, and with a replaced AsyncLocalStorage', async () => {
  const [first] = await suspectsOf(`(i) => memwatch.label('job', () => track(i))`, {
    flags: ['--disallow-code-generation-from-strings'],
    before: `require('node:async_hooks').AsyncLocalStorage.prototype.run = () => { throw new Error('replaced'); }`,
  });
  assert.deepEqual(labelsOf(first), ['job 100']);
});

test('the this, result and exception of a labelled call are unchanged while a leak is suspected', async () => {
  const said = await says(async () => {
    const memwatch = require(ROOT);
    require(`${ROOT}/lib/own.js`).sites.start();
    const own = { name: 'own' };
    say(
      memwatch.label.call(
        own,
        'job',
        /** @this {any} */ function work(...args) {
          return [this?.name, args.length];
        },
      ),
    );
    say(
      memwatch.label(
        'job',
        /** @this {any} */ function work() {
          return [this === undefined];
        },
      ),
    );
    try {
      memwatch.label('job', () => {
        throw new RangeError('mine');
      });
    } catch (error) {
      say([error.name, error.message]);
    }
    say(await memwatch.label('job', async () => 7));
    process.exit();
  });
  assert.deepEqual(said, [['own', 0], [true], ['RangeError', 'mine'], 7]);
});

test('a worker has its own labels', async () => {
  const [name] = await says(async () => {
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
      const memwatch = require(${JSON.stringify(ROOT)});
      const { sites } = require(${JSON.stringify(`${ROOT}/lib/own.js`)});
      const kept = [];
      sites.start();
      for (let i = 0; i < 200; i++) {
        memwatch.label('in the worker', () => kept.push(new Array(3750).fill(i)));
        if (i % 20 === 19) { memwatch.gc(); sites.observe(); }
      }
      parentPort.postMessage(sites.suspects()[0].labels);`,
      { eval: true },
    );
    worker.on('message', async (labels) => {
      say(labels[0].name);
      await worker.terminate();
    });
  });
  assert.equal(name, 'in the worker');
});

test('wrappers that other code puts around the server method stay, before and after ours', async () => {
  const said = await says(async () => {
    const http = require('node:http');
    require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const { prototype } = http.Server;
    const calls = [];
    /** As tools for tracing do it. */
    const wrap = (name) => {
      const original = prototype.emit;
      prototype.emit = function emit(...args) {
        if (args[0] === 'request') calls.push(name);
        return Reflect.apply(original, this, args);
      };
      return prototype.emit;
    };
    const server = http.createServer((request, response) => response.end());
    await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
    const ask = () =>
      new Promise((resolve) =>
        // @ts-expect-error  of a server that listens on a port
        http.get({ port: server.address().port }, (response) => response.resume().on('end', resolve)),
      );
    const first = wrap('first');
    sites.start();
    const isOurs = prototype.emit !== first;
    const second = wrap('second');
    await ask();
    sites.stop();
    const isSecond = prototype.emit === second;
    await ask();
    sites.start();
    await ask();
    sites.stop();
    say([isOurs, isSecond, prototype.emit === second, calls.join(' ')]);
    process.exit();
  });
  assert.deepEqual(said, [[true, true, true, 'second first second first second first']]);
});

test('labels for HTTP are not loaded in a program without a server', async () => {
  const { said } = ended(
    await program(() => {
      const memwatch = require(ROOT);
      require(`${ROOT}/lib/own.js`).sites.start();
      memwatch.label('job', () => 1);
      // @ts-expect-error  Node's own list of what it has loaded
      say(process.moduleLoadList.filter((name) => /^NativeModule https?$/.test(name)));
      process.exit();
    }),
  );
  assert.deepEqual(said, [[]]);
});

test('a leak in one route of an HTTP/2 server is reported with that route, from streams and from requests', async () => {
  for (const how of ['stream', 'request']) {
    const [{ labels, before, after }] = await says(
      async (how) => {
        const http2 = require('node:http2');
        const memwatch = require(ROOT);
        // Each array is sampled: at more than 200 requests a second only some of them have labels.
        memwatch.configure({ sampling: { intervalBytes: 4096 } });
        const { sites } = require(`${ROOT}/lib/own.js`);
        const kept = [];
        function track(id) {
          kept.push(new Array(3750).fill(id));
        }
        const server = http2.createServer();
        const prototype = Object.getPrototypeOf(server);
        const before = Object.getOwnPropertyNames(prototype);
        if (how === 'stream') {
          server.on('stream', (stream, headers) => {
            stream.resume().on('end', () => {
              if (String(headers[':path']).startsWith('/users')) track(headers[':path']);
              stream.respond({ ':status': 200 });
              stream.end('x');
            });
          });
        } else {
          server.on('request', (request, response) => {
            request.resume().on('end', () => {
              if (request.url.startsWith('/users')) track(request.url);
              response.end('x');
            });
          });
        }
        await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
        // @ts-expect-error  of a server that listens on a port
        const client = http2.connect(`http://localhost:${server.address().port}`);
        const ask = (path) =>
          new Promise((resolve) => {
            const stream = client.request({ ':method': 'POST', ':path': path });
            stream.resume().on('end', resolve);
            stream.end('body');
          });
        sites.start();
        for (let i = 0; i < 200; i++) {
          await Promise.all([ask(`/users/${i}`), ask('/health')]);
          if (i % 20 === 19) {
            memwatch.gc();
            sites.observe();
          }
        }
        const { labels } = sites.suspects({ top: 1 })[0];
        sites.stop();
        say({ labels, before, after: Object.getOwnPropertyNames(prototype) });
        process.exit();
      },
      { input: how },
    );
    assert.equal(labels[0]?.name, 'POST /users/:id', `${how} ${JSON.stringify(labels)}`);
    assert.ok(labels[0].share > 0.8, `${how} ${JSON.stringify(labels)}`);
    assert.deepEqual(after, before);
  }
});

test('the OpenTelemetry route is the label if no framework gives one', async () => {
  const [labels] = await says(async () => {
    const { AsyncLocalStorage } = require('node:async_hooks');
    const http = require('node:http');
    const api = require(`${ROOT}/node_modules/@opentelemetry/api`);
    const memwatch = require(ROOT);
    // Each array is sampled: at more than 200 requests a second only some of them have labels.
    memwatch.configure({ sampling: { intervalBytes: 4096 } });
    const { sites } = require(`${ROOT}/lib/own.js`);
    const storage = new AsyncLocalStorage();
    const manager = {
      active: () => storage.getStore() ?? api.ROOT_CONTEXT,
      with: (of, work, self, ...args) => storage.run(of, () => Reflect.apply(work, self, args)),
      bind: (of, target) => target,
      enable: () => manager,
      disable: () => manager,
    };
    api.context.setGlobalContextManager(manager);
    const kept = [];
    function track(id) {
      kept.push(new Array(3750).fill(id));
    }
    const server = http.createServer();
    server.on('request', (request, response) => {
      const attributes = { 'http.request.method': 'GET', 'url.path': request.url, 'http.route': '/{tenant}/goods' };
      api.context.with(api.trace.setSpan(api.ROOT_CONTEXT, { attributes }), () => {
        track(request.url);
        setTimeout(() => response.end('x'), 1);
      });
    });
    await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
    const ask = (path) =>
      new Promise((resolve) =>
        // @ts-expect-error  of a server that listens on a port
        http.get({ port: server.address().port, path }, (response) => response.resume().on('end', resolve)),
      );
    sites.start();
    for (let i = 0; i < 200; i++) {
      await ask(`/${['hers', 'his', 'ours'][i % 3]}/goods`);
      if (i % 20 === 19) {
        memwatch.gc();
        sites.observe();
      }
    }
    say(sites.suspects({ top: 1 })[0].labels);
    process.exit();
  });
  assert.equal(labels[0]?.name, 'GET /{tenant}/goods', JSON.stringify(labels));
  assert.ok(labels[0].share > 0.9, JSON.stringify(labels));
});
