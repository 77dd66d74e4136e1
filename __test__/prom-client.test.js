'use strict';
// memwatch.register(): prom-client's own registry writes what memwatch.metrics() writes, in
// both of its formats and added up over processes; a registry that has our names is left as
// it is.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { AggregatorRegistry, Counter, Gauge, Registry, collectDefaultMetrics } = require('prom-client');
const memwatch = require('..');
const { parse, sampleOf } = require('./support/exposition.js');

const names = (scraped) => Object.keys(scraped.families);

test('a registry writes the same series as memwatch.metrics()', async () => {
  const registry = new Registry();
  memwatch.register(registry);
  memwatch.gc();
  const theirs = parse(await registry.metrics());
  const ours = parse(memwatch.metrics());
  assert.deepEqual(theirs.families, ours.families);
  const ids = ({ samples }) => samples.map(({ name, labels }) => [name, labels]);
  assert.deepEqual(ids(theirs), ids(ours));
  assert.equal(
    sampleOf(theirs, 'memwatch_heap_live_bytes', { thread: 'main' }),
    sampleOf(ours, 'memwatch_heap_live_bytes', { thread: 'main' }),
  );
});

test('it works with the default metrics, and takes the default labels', async () => {
  const registry = new Registry();
  registry.setDefaultLabels({ version: '1.2.3' });
  collectDefaultMetrics({ register: registry });
  memwatch.register(registry);
  const { samples } = parse(await registry.metrics());
  const ours = samples.filter(({ name }) => name.startsWith('memwatch_'));
  assert.ok(ours.length > 0 && samples.length > ours.length);
  for (const { labels } of ours) assert.equal(labels.version, '1.2.3');
  registry.clear();
});

test('registering twice has the effect of once, and again after a clear', async () => {
  const registry = new Registry();
  memwatch.register(registry);
  memwatch.register(registry);
  const once = names(parse(await registry.metrics()));
  assert.equal(new Set(once).size, once.length);
  registry.removeSingleMetric('memwatch_leaks_total');
  memwatch.register(registry);
  assert.deepEqual(names(parse(await registry.metrics())).sort(), [...once].sort());
  registry.clear();
  memwatch.register(registry);
  assert.deepEqual(names(parse(await registry.metrics())), once);
});

test('a registry with a conflicting name is reported, and left unchanged', () => {
  const registry = new Registry();
  new Gauge({ name: 'memwatch_leaks_total', help: 'Somebody else.', registers: [registry] });
  assert.throws(() => memwatch.register(registry), {
    code: 'ERR_MEMWATCH_METRIC_TAKEN',
    message: /memwatch_leaks_total.*\.$/,
  });
  assert.deepEqual(
    registry.getMetricsAsArray().map(({ name }) => name),
    ['memwatch_leaks_total'],
  );
});

test('an invalid registry is refused', () => {
  for (const wrong of [undefined, null, {}, 'registry', { registerMetric() {} }]) {
    assert.throws(() => memwatch.register(/** @type {any} */ (wrong)), {
      name: 'TypeError',
      code: 'ERR_MEMWATCH_USAGE',
    });
  }
});

test('counters have the names of OpenMetrics', async () => {
  // Its types do not have the argument.
  const registry = new /** @type {any} */ (Registry)(Registry.OPENMETRICS_CONTENT_TYPE);
  memwatch.register(registry);
  for (let scrapes = 0; scrapes < 2; scrapes++) {
    const text = await registry.metrics();
    assert.match(text, /^# TYPE memwatch_gc counter$/m);
    assert.match(text, /^memwatch_gc_total\{kind="minor",thread="main"\} \d+$/m);
    assert.doesNotMatch(text, /_total_total/);
    assert.match(text, /\n# EOF\n$/);
  }
});

test('the processes of a cluster are aggregated: counters are summed, and the earliest limit counts', async () => {
  const registry = new Registry();
  memwatch.register(registry);
  memwatch.gc();
  const one = await registry.getMetricsAsJSON();
  // As it comes through the channel between processes.
  const both = AggregatorRegistry.aggregate([one, one].map((metrics) => JSON.parse(JSON.stringify(metrics))));
  const sum = parse(await both.metrics());
  const alone = parse(await registry.metrics());
  const of = (scraped, name) => sampleOf(scraped, name, { kind: 'major', thread: 'main' });
  assert.equal(of(sum, 'memwatch_gc_pause_seconds_count'), 2 * of(alone, 'memwatch_gc_pause_seconds_count'));
  assert.equal(sampleOf(sum, 'memwatch_info'), 1);
  assert.equal(sampleOf(sum, 'memwatch_leak_suspected', { kind: 'heap' }), 0);
});

test('resetting a registry does not reset the counters', async () => {
  const registry = new Registry();
  memwatch.register(registry);
  new Counter({ name: 'other_total', help: 'Another.', registers: [registry] }).inc();
  memwatch.gc();
  registry.resetMetrics();
  const scraped = parse(await registry.metrics());
  assert.equal(sampleOf(scraped, 'other_total'), 0);
  assert.ok(sampleOf(scraped, 'memwatch_gc_total', { kind: 'major', thread: 'main' }) > 0);
});
