'use strict';
// memwatch.instrument(): OpenTelemetry's own SDK receives the numbers under the names of its
// conventions; a provider that fails is reported once and does no harm.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');
const { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const v8 = require('node:v8');
const memwatch = require('..');
const { says } = require('./support/child.js');

const turns = async (count = 30) => {
  while (count-- > 0) await new Promise((resolve) => setImmediate(resolve));
};

/** A provider in memory. `collect()` gives the metrics by name. */
function provider() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // Longer than any test: it exports on request.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const collect = async () => {
    await meterProvider.forceFlush();
    const metrics = exporter
      .getMetrics()
      .at(-1)
      .scopeMetrics.flatMap((scope) => scope.metrics);
    return Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, metric]));
  };
  return { meterProvider, collect };
}

test('pauses and heap spaces have the names and units of the conventions', async () => {
  const { meterProvider, collect } = provider();
  const instrumentation = memwatch.instrument({ meterProvider });
  memwatch.gc();
  await turns();
  const metrics = await collect();
  instrumentation.stop();
  const duration = metrics['v8js.gc.duration'];
  assert.equal(duration.descriptor.unit, 's');
  const major = duration.dataPoints.find(({ attributes }) => attributes['v8js.gc.type'] === 'major');
  const { count, buckets } = /** @type {import('@opentelemetry/sdk-metrics').Histogram} */ (major.value);
  assert.ok(count > 0);
  assert.deepEqual(buckets.boundaries, [0.01, 0.1, 1, 10]);
  const spaces = v8.getHeapSpaceStatistics().map((space) => space.space_name);
  for (const name of [
    'v8js.memory.heap.used',
    'v8js.memory.heap.space.size',
    'v8js.memory.heap.space.available_size',
    'v8js.memory.heap.space.physical_size',
  ]) {
    assert.equal(metrics[name].descriptor.unit, 'By');
    assert.deepEqual(
      metrics[name].dataPoints.map(({ attributes }) => attributes['v8js.heap.space.name']),
      spaces,
    );
  }
  await meterProvider.shutdown();
});

test('metrics without a name in the conventions are under memwatch', async () => {
  const { meterProvider, collect } = provider();
  const instrumentation = memwatch.instrument({ meterProvider });
  const counted = new Promise((resolve) => memwatch.once('stats', resolve));
  memwatch.gc();
  const { current_base: base } = await counted;
  const metrics = await collect();
  instrumentation.stop();
  const [main] = metrics['memwatch.heap.live'].dataPoints;
  assert.deepEqual([main.attributes, main.value], [{ 'memwatch.thread': 'main' }, base]);
  for (const name of ['memwatch.leak.suspected', 'memwatch.leaks']) {
    assert.deepEqual(
      metrics[name].dataPoints.map(({ attributes }) => attributes['memwatch.leak.kind']),
      ['heap', 'external', 'native', 'threads', 'handles'],
    );
  }
  await meterProvider.shutdown();
});

test('rows of native memory and open handles differ by an attribute', async () => {
  const { nativeWatch } = require('../lib/own.js');
  const { meterProvider, collect } = provider();
  const instrumentation = memwatch.instrument({ meterProvider });
  nativeWatch.soon();
  while (process.platform === 'linux' && nativeWatch.last === null) await turns();
  const metrics = await collect();
  instrumentation.stop();
  const of = (name, attribute) => (metrics[name]?.dataPoints ?? []).map(({ attributes }) => attributes[attribute]);
  const rows = of('memwatch.native.memory', 'memwatch.native.row');
  const handles = of('memwatch.handles', 'memwatch.handle');
  assert.equal(rows.includes('v8_heap'), process.platform === 'linux');
  assert.equal(handles.includes('files'), process.platform === 'linux');
  assert.ok(![...rows, ...handles].includes(undefined));
  await meterProvider.shutdown();
});

test('after stop() nothing more is exported', async () => {
  const { meterProvider, collect } = provider();
  const instrumentation = memwatch.instrument({ meterProvider });
  memwatch.gc();
  await turns();
  const count = async () => {
    const { 'v8js.gc.duration': duration } = await collect();
    const values = /** @type {import('@opentelemetry/sdk-metrics').Histogram[]} */ (
      duration.dataPoints.map(({ value }) => value)
    );
    return values.reduce((sum, { count }) => sum + count, 0);
  };
  const before = await count();
  instrumentation.stop();
  instrumentation.stop();
  memwatch.gc();
  await turns();
  assert.equal(await count(), before);
  await meterProvider.shutdown();
});

test('a leak is a log record if there is a logger', async () => {
  const exporter = new InMemoryLogRecordExporter();
  const loggerProvider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(exporter)] });
  const { meterProvider } = provider();
  const instrumentation = memwatch.instrument({ meterProvider, loggerProvider });
  const kept = [];
  const heard = new Promise((resolve) => memwatch.once('leak', resolve));
  for (let i = 0; i < 6; i++) {
    kept.push(new Array(100_000).fill(i));
    memwatch.gc();
  }
  const leak = await heard;
  instrumentation.stop();
  const [record, ...more] = exporter.getFinishedLogRecords();
  assert.deepEqual(more, []);
  assert.equal(record.body, leak.reason);
  assert.equal(record.severityText, 'WARN');
  assert.equal(record.attributes['memwatch.leak.kind'], leak.kind ?? 'heap');
  assert.equal(record.attributes['memwatch.leak.growth'], leak.growth);
  await meterProvider.shutdown();
});

test('a pause of growth is a log record too', async () => {
  const [records] = await says(async () => {
    const memwatch = require(ROOT);
    const telemetry = require(`${ROOT}/lib/own.js`).telemetry;
    const records = [];
    const instrument = () => ({ record() {} });
    const ways = [
      'createHistogram',
      'createObservableUpDownCounter',
      'createObservableGauge',
      'createObservableCounter',
    ];
    const meter = { ...Object.fromEntries(ways.map((way) => [way, instrument])), addBatchObservableCallback() {} };
    memwatch.instrument({
      meterProvider: { getMeter: () => ({ ...meter, removeBatchObservableCallback() {} }) },
      loggerProvider: { getLogger: () => ({ emit: (record) => records.push(record) }) },
    });
    telemetry.log('leak-paused', {
      kind: 'heap',
      state: 'paused',
      reason: 'it rests',
      growth: 9,
      keptBytes: 7,
      suspects: [],
    });
    say(records);
  });
  assert.deepEqual(
    records.map(({ body, attributes }) => [body, attributes]),
    [
      [
        'it rests',
        {
          'memwatch.leak.kind': 'heap',
          'memwatch.leak.state': 'paused',
          'memwatch.leak.growth': 9,
          'memwatch.leak.kept': 7,
        },
      ],
    ],
  );
});

test('a leak reported before its confirmation is a log record again, and any other is one', async () => {
  const [bodies] = await says(async () => {
    const memwatch = require(ROOT);
    const telemetry = require(`${ROOT}/lib/own.js`).telemetry;
    const bodies = [];
    const instrument = () => ({ record() {} });
    const ways = [
      'createHistogram',
      'createObservableUpDownCounter',
      'createObservableGauge',
      'createObservableCounter',
    ];
    const meter = { ...Object.fromEntries(ways.map((way) => [way, instrument])), addBatchObservableCallback() {} };
    memwatch.instrument({
      meterProvider: { getMeter: () => ({ ...meter, removeBatchObservableCallback() {} }) },
      loggerProvider: { getLogger: () => ({ emit: ({ body }) => bodies.push(body) }) },
    });
    const leak = { kind: 'heap', growth: 9, suspects: [] };
    telemetry.log('leak', { ...leak, state: 'unknown', reason: 'reported' });
    telemetry.log('leak-confirmed', { ...leak, state: 'confirmed', reason: 'confirmed', wasReported: true });
    telemetry.log('leak-confirmed', { ...leak, state: 'confirmed', reason: 'another', wasReported: false });
    telemetry.log('leak', { ...leak, state: 'confirmed', reason: 'another' });
    say(bodies);
  });
  assert.deepEqual(bodies, ['reported', 'confirmed', 'another']);
});

test('an invalid provider is refused', () => {
  for (const wrong of [
    undefined,
    null,
    {},
    { meterProvider: {} },
    { meterProvider: { getMeter() {} }, loggerProvider: 3 },
  ]) {
    assert.throws(() => memwatch.instrument(/** @type {any} */ (wrong)), {
      name: 'TypeError',
      code: 'ERR_MEMWATCH_USAGE',
    });
  }
});

test('a provider that throws immediately is one error', () => {
  const cause = new Error('no collector');
  const meterProvider = {
    getMeter() {
      throw cause;
    },
  };
  assert.throws(() => memwatch.instrument({ meterProvider }), {
    code: 'ERR_MEMWATCH_PROVIDER_FAILED',
    message: 'The OpenTelemetry provider failed, and memwatch reports nothing more to it: no collector',
    cause,
  });
});

test('a provider that throws later is one warning, and is not called again', async () => {
  const [{ warnings, calls }] = await says(async () => {
    const memwatch = require(ROOT);
    const warnings = [];
    process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code, message }) => warnings.push({ code, message }));
    let calls = 0;
    const fails = () => {
      calls += 1;
      throw new Error('gone');
    };
    const instrument = () => ({ record: fails });
    memwatch.instrument({
      meterProvider: {
        getMeter: () => ({
          createHistogram: instrument,
          createObservableUpDownCounter: instrument,
          createObservableGauge: instrument,
          createObservableCounter: instrument,
          addBatchObservableCallback() {},
          removeBatchObservableCallback: fails,
        }),
      },
    });
    for (let i = 0; i < 3; i++) {
      memwatch.gc();
      await turns();
    }
    say({ warnings, calls });
  });
  assert.deepEqual(warnings, [
    {
      code: 'ERR_MEMWATCH_PROVIDER_FAILED',
      message: 'The OpenTelemetry provider failed, and memwatch reports nothing more to it: gone',
    },
  ]);
  assert.equal(calls, 2, 'one record, and the way out');
});
