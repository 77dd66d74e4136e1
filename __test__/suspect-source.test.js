'use strict';
// Who names the suspects of a leak, and when it is asked to: lib/verdict.js alone, with an addon
// and a source made up.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { Verdict } = require('../lib/verdict.js');

/** A verdict with a source that writes down what it is asked. */
function withSource() {
  const calls = [];
  const verdict = new Verdict({ setDetectors() {}, setProbes() {}, verdict: () => null });
  verdict.nameSuspectsWith({
    start: () => calls.push('start'),
    observe: () => calls.push('observe'),
    suspects: () => ['a line'],
    stop: () => calls.push('stop'),
  });
  return { verdict, calls };
}

const leak = (kind) => ({ kind, suspects: [] });

test('it is started at the first suspicion, sees each sample, and is stopped at the last clearing', () => {
  const { verdict, calls } = withSource();
  verdict.sampled();
  verdict.told('leak-suspected', leak('heap'));
  verdict.sampled();
  verdict.told('leak-suspected', leak('external'));
  verdict.told('leak', leak('heap'));
  verdict.told('leak-cleared', leak('heap'));
  verdict.sampled();
  verdict.told('leak-cleared', leak('external'));
  verdict.sampled();
  assert.deepEqual(calls, ['start', 'observe', 'observe', 'stop']);
});

test('a leak names its suspects while something is suspected, and none before', () => {
  const { verdict } = withSource();
  assert.deepEqual(verdict.told('leak', leak('heap')).suspects, []);
  assert.deepEqual(verdict.told('leak-suspected', leak('heap')).suspects, ['a line']);
  assert.deepEqual(verdict.told('leak', leak('heap')).suspects, ['a line']);
  assert.deepEqual(verdict.told('leak-cleared', leak('heap')).suspects, ['a line']);
  assert.deepEqual(verdict.told('leak', leak('heap')).suspects, []);
});
