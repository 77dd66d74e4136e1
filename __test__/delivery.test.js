'use strict';
// When events come, in which order, and what keeps a process alive. What becomes of errors
// in listeners is in delivery-errors.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says, program } = require('./support/child.js');

test('an event is emitted after gc() returns, and after ticks and microtasks', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', () => say('stats'));
    process.nextTick(() => say('tick'));
    Promise.resolve().then(() => say('microtask'));
    memwatch.gc();
    say('gc returned');
  });
  assert.deepEqual(said, ['gc returned', 'tick', 'microtask', 'stats']);
});

test('microtasks and ticks of a listener run before the next event', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', ({ num_full_gc }) => {
      say(`stats ${num_full_gc}`);
      Promise.resolve().then(() => say(`microtask ${num_full_gc}`));
      process.nextTick(() => say(`tick ${num_full_gc}`));
    });
    memwatch.gc();
    memwatch.gc();
  });
  assert.equal(said.length, 6);
  assert.deepEqual(said.slice(0, 3).sort(), ['microtask 1', 'stats 1', 'tick 1']);
  assert.deepEqual(said.slice(3).sort(), ['microtask 2', 'stats 2', 'tick 2']);
  assert.deepEqual([said[0], said[3]], ['stats 1', 'stats 2']);
});

test('eight long jobs in the thread pool do not delay an event', async () => {
  const said = await says(() => {
    const { pbkdf2 } = require('node:crypto');
    const memwatch = require(ROOT);
    memwatch.on('stats', () => say('stats'));
    for (let i = 0; i < 8; i++) pbkdf2('secret', 'salt', 400_000, 64, 'sha512', () => say('job'));
    memwatch.gc();
  });
  assert.equal(said[0], 'stats');
  assert.equal(said.filter((what) => what === 'job').length, 8);
});

test('a pending event keeps the process alive until it is delivered', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
    for (let i = 0; i < 5; i++) memwatch.gc();
  });
  assert.deepEqual(said, [1, 2, 3, 4, 5]);
});

test('a mere listener does not keep the process alive', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', () => {});
    memwatch.on('leak', () => {});
    process.on('exit', () => say('exit'));
  });
  assert.deepEqual(said, ['exit']);
});

test('a process exits normally after its events, with or without a listener', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.gc();
    process.on('exit', () => say('exit'));
  });
  assert.deepEqual(said, ['exit']);
});

test('an event that a beforeExit listener causes is delivered too', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
    process.once('beforeExit', () => memwatch.gc());
    process.on('exit', () => memwatch.gc());
  });
  assert.deepEqual(said, [1]);
});

test('process.exit in a listener ends the process with its status', async () => {
  const outcome = await program(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', () => {
      say('stats');
      process.exit(23);
    });
    memwatch.gc();
    memwatch.gc();
  });
  assert.deepEqual([outcome.status, outcome.signal, outcome.said], [23, null, ['stats']], outcome.stderr);
});

test('a listener that removes itself is called once', async () => {
  const said = await says(async () => {
    const memwatch = require(ROOT);
    const listener = () => {
      say('once');
      memwatch.removeListener('stats', listener);
    };
    memwatch.on('stats', listener);
    memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
    memwatch.gc();
    memwatch.gc();
  });
  assert.deepEqual(said, ['once', 1, 2]);
});

test('a listener added after the collection and before the delivery is called', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.gc();
    memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
  });
  assert.deepEqual(said, [1]);
});

test('gc() in a listener causes one later event, never a nested one', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', ({ num_full_gc }) => {
      say(`begin ${num_full_gc}`);
      if (num_full_gc < 4) memwatch.gc();
      say(`end ${num_full_gc}`);
    });
    memwatch.gc();
  });
  assert.deepEqual(
    said,
    [1, 2, 3, 4].flatMap((n) => [`begin ${n}`, `end ${n}`]),
  );
});

test('a chain of gc() calls, each from the listener of the previous event, lets the event loop run', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    let full = 0;
    memwatch.on('stats', ({ num_full_gc }) => {
      full = num_full_gc;
      if (full < 50) memwatch.gc();
    });
    memwatch.gc();
    setImmediate(() => say(full));
  });
  assert.ok(said[0] < 50, `nothing else ran before ${said[0]} collections were delivered`);
});

test('events.once, for await and an async listener work', async () => {
  const said = await says(async () => {
    const { once, on } = require('node:events');
    const memwatch = require(ROOT);
    memwatch.gc();
    const [stats] = await once(memwatch, 'stats');
    say(stats.num_full_gc);
    const stream = on(memwatch, 'stats');
    memwatch.gc();
    memwatch.gc();
    for await (const [{ num_full_gc }] of stream) {
      say(num_full_gc);
      if (num_full_gc === 3) break;
    }
  });
  assert.deepEqual(said, [1, 2, 3]);
});

test('AsyncLocalStorage works in a listener, and delivery does not disturb it', async () => {
  const said = await says(async () => {
    const { AsyncLocalStorage } = require('node:async_hooks');
    const memwatch = require(ROOT);
    const storage = new AsyncLocalStorage();
    memwatch.on('stats', () => {
      storage.run('inside', async () => {
        await turns(2);
        say(['listener', storage.getStore()]);
      });
    });
    await storage.run('request', async () => {
      memwatch.gc();
      await turns(3);
      say(['request', storage.getStore()]);
    });
    say(['outside', storage.getStore() ?? null]);
    await turns();
  });
  assert.deepEqual(said.sort(), [
    ['listener', 'inside'],
    ['outside', null],
    ['request', 'request'],
  ]);
});

test('async hooks see each delivery as a resource with before and after', async () => {
  const said = await says(() => {
    const hooks = require('node:async_hooks');
    const types = new Map();
    const open = [];
    hooks
      .createHook({
        init: (id, type) => void types.set(id, type),
        before: (id) => void open.push(id),
        after: (id) => void say(open.pop() === id || `left ${id}`),
      })
      .enable();
    const memwatch = require(ROOT);
    memwatch.on('stats', () => {
      say(types.has(hooks.executionAsyncId()) && hooks.executionAsyncId() === open[open.length - 1]);
    });
    memwatch.gc();
  });
  assert.ok(said.length >= 2);
  assert.deepEqual(new Set(said), new Set([true]));
});

test('global.gc() of --expose-gc causes one event per call', async () => {
  const said = await says(
    () => {
      const memwatch = require(ROOT);
      memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
      globalThis.gc();
      say('returned');
      globalThis.gc();
      globalThis.gc({ type: 'minor' });
    },
    { flags: ['--expose-gc'] },
  );
  assert.deepEqual(said, ['returned', 1, 2]);
});
