'use strict';
// No native function throws: under --abort-on-uncaught-exception V8 ends the process for what
// native code throws, even where JavaScript catches it. Each program here runs under that flag.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');
const { platformName } = require('../lib/platform.js');

const MEMWATCH = path.join(__dirname, '..');
const ADDON = path.join(MEMWATCH, `memwatch.${platformName()}.node`);

/** What a program prints as JSON, which has lived to its end. */
function printed(body) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--abort-on-uncaught-exception', '-e', `(${body})(${JSON.stringify({ memwatch: MEMWATCH, addon: ADDON })})`],
    { encoding: 'utf8' },
  );
  assert.equal(signal ?? status, 0, stderr);
  return JSON.parse(stdout);
}

/** Calls every native function with arguments of every type, and counts what each returned. Runs in the child. */
const callAll = `({ memwatch, addon }) => {
  require(memwatch);
  const native = require(addon);
  const values = [undefined, null, 1, NaN, 'word', '{}', Symbol('s'), 1n, {}, [], () => {}, new Proxy({}, {}), new Float64Array(2)];
  const threw = [];
  const names = Object.keys(native);
  const failures = new Set();
  for (const name of names) {
    for (const first of values) {
      for (const second of [undefined, 7, 'word', {}]) {
        try {
          const returned = native[name].call(second, first, second, second);
          if (returned?.memwatchFailure !== undefined) failures.add(name);
        } catch (error) {
          threw.push(name + ': ' + error.message);
        }
      }
    }
  }
  return { names, threw, failures: [...failures] };
}`;

/** Functions that take no argument, or any: there is nothing to refuse. */
const TAKE_ALL = [
  'collect',
  'containerMemory',
  'liveHeapOfWorkers',
  'measureHeaps',
  'pageFeeds',
  'probe',
  'trimNativeMemory',
  'version',
  'workersMemory',
];

/** Where there is no sampler of native allocations, what starts none takes anything. */
const hasNativeSites = platformName() === 'linux-x64-gnu';
if (!hasNativeSites) TAKE_ALL.push('NativeSites.new', 'NativeSites.read', 'NativeSites.stop');

function checkAll({ names, threw, failures }) {
  assert.deepEqual(threw, []);
  assert.ok(names.length > 50, names.join(' '));
  assert.deepEqual(failures.sort(), names.filter((name) => !TAKE_ALL.includes(name)).sort());
}

test('no native function throws, for any arguments and any this', () => {
  checkAll(printed(`(given) => console.log(JSON.stringify((${callAll})(given)))`));
});

test('no native function throws in a worker', () => {
  checkAll(
    printed(`(given) => {
      const { Worker } = require('node:worker_threads');
      const body = 'require("node:worker_threads").parentPort.postMessage((' + ${JSON.stringify(callAll)} + ')(' + JSON.stringify(given) + '))';
      new Worker(body, { eval: true }).on('message', (message) => console.log(JSON.stringify(message)));
    }`),
  );
});

test('memwatch loads, and the errors it throws can be caught', () => {
  const said = printed(`({ memwatch: name }) => {
    const memwatch = require(name);
    const said = [];
    const caught = (act) => {
      try {
        act();
        said.push('nothing');
      } catch (error) {
        said.push([error.name, error.code, error.message].join('|'));
      }
    };
    const diff = new memwatch.HeapDiff();
    diff.end();
    for (const method of ['end', 'compare', 'update']) {
      caught(() => diff[method]());
      for (const other of [undefined, null, 1, {}, new Proxy(diff, {}), memwatch]) {
        caught(() => memwatch.HeapDiff.prototype[method].call(other));
      }
    }
    console.log(JSON.stringify(said));
  }`);
  const ended = (verb) => `Error|ERR_MEMWATCH_DIFF_ENDED|attempt to ${verb}() a HeapDiff that was already ended`;
  const strange = 'TypeError|ERR_MEMWATCH_WRONG_THIS|Illegal invocation';
  const expected = ['end', 'end', 'update'].flatMap((verb) => [ended(verb), ...Array(6).fill(strange)]);
  assert.deepEqual(said, expected);
});

test('native class methods refuse a foreign this with an error that can be caught', () => {
  const said = printed(`({ memwatch }) => {
    const native = require(memwatch + '/lib/addon.js');
    const said = [];
    for (const [name, own] of Object.entries(native)) {
      if (own.prototype === undefined || (name === 'NativeSites' && !${hasNativeSites})) continue;
      for (const [key, member] of Object.entries(Object.getOwnPropertyDescriptors(own.prototype))) {
        if (key === 'constructor') continue;
        for (const other of [undefined, 1, {}, native]) {
          try {
            (member.get ?? member.value).call(other);
            said.push(name + '.' + key + ' took it');
          } catch (error) {
            said.push(error.code);
          }
        }
      }
    }
    console.log(JSON.stringify(said));
  }`);
  assert.ok(said.length > 100);
  assert.deepEqual([...new Set(said)], ['ERR_MEMWATCH_WRONG_THIS']);
});
