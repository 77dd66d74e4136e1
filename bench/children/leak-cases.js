'use strict';
// Small functions of which it is known whether they leak: `make` gives one, fresh.

const { EventEmitter } = require('node:events');

/** @type {Record<string, { leaks: boolean, isAsync?: boolean, make: () => () => unknown }>} */
const CASES = {
  'an object per call': leaking(() => {
    const kept = [];
    return () => void kept.push({ at: kept.length });
  }),
  'a listener per call': leaking(() => {
    const emitter = new EventEmitter();
    return () => void emitter.on('change', () => emitter);
  }),
  'a closure per call': leaking(() => {
    /** @type {() => unknown} */
    let last = () => 0;
    return () => {
      const before = last;
      last = () => before;
    };
  }),
  'a timer kept per call': leaking(() => () => void setTimeout(() => {}, 3_600_000).unref()),
  'a Buffer per call': leaking(() => {
    const kept = [];
    return () => void kept.push(Buffer.alloc(10_000));
  }),
  'a Map entry per call': leaking(() => {
    const kept = new Map();
    return () => void kept.set(`key ${kept.size}`, kept.size);
  }),
  nothing: healthy(() => () => {}),
  'JSON there and back': healthy(() => {
    const text = JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ id, name: `name ${id}` })));
    return () => void JSON.stringify(JSON.parse(text));
  }),
  'a regular expression': healthy(() => () => void 'the quick brown fox'.replace(/(\w+) (\w+)/g, '$2 $1')),
  'a promise': { ...healthy(() => () => new Promise((resolve) => setImmediate(resolve))), isAsync: true },
  'a bounded cache': healthy(() => {
    const cache = new Map();
    let next = 0;
    return () => {
      cache.set(next++, { at: next });
      if (cache.size > 1000) cache.delete(cache.keys().next().value);
    };
  }),
  'a text put together': healthy(() => () => {
    let text = '';
    for (let i = 0; i < 100; i++) text += i;
    return void text.length;
  }),
};

function leaking(make) {
  return { leaks: true, make };
}

function healthy(make) {
  return { leaks: false, make };
}

module.exports = { CASES };
