'use strict';
// For OpenTelemetry: memwatch.instrument(). Takes providers that the program has, and needs
// no package of OpenTelemetry's itself. Names are those of its conventions for V8 where there
// are any, and begin with memwatch otherwise.

const v8 = require('node:v8');
const { warnOf, withCode } = require('../errors.js');
const { check, checkOptions, kind } = require('../options.js');
const { version } = require('../../package.json');

// The conventions' own advice for v8js.gc.duration, in seconds.
const DURATION_BOUNDS_SECONDS = [0.01, 0.1, 1, 10];

// WARN, by OpenTelemetry's data model for logs.
const SEVERITY_WARN = 13;

const MS_PER_S = 1000;

/** What Node knows of a heap space, by the name of the metric. */
const SPACES = {
  'v8js.memory.heap.used': ['space_used_size', 'Memory in use in a heap space.'],
  'v8js.memory.heap.space.size': ['space_size', 'Memory assigned to a heap space.'],
  'v8js.memory.heap.space.available_size': ['space_available_size', 'Free memory of a heap space.'],
  'v8js.memory.heap.space.physical_size': ['physical_space_size', 'Committed memory of a heap space.'],
};

/** Labels of memwatch's metrics as attributes. */
const ATTRIBUTES = {
  thread: 'memwatch.thread',
  kind: 'memwatch.leak.kind',
  row: 'memwatch.native.row',
  handle: 'memwatch.handle',
};

const attributesOf = (labels) =>
  Object.fromEntries(Object.entries(labels).map(([label, value]) => [ATTRIBUTES[label], value]));

const OPTIONS = {
  meterProvider: kind('a provider with getMeter()', (value) => typeof value?.getMeter === 'function'),
  loggerProvider: kind('a provider with getLogger()', (value) => typeof value?.getLogger === 'function'),
};

/** @param {unknown} options */
function checked(options) {
  const { meterProvider, loggerProvider } = checkOptions('memwatch.instrument()', options, OPTIONS);
  check('The option meterProvider of memwatch.instrument()', meterProvider, OPTIONS.meterProvider);
  return { meterProvider, loggerProvider };
}

function failure(cause) {
  return withCode(
    new Error(
      `The OpenTelemetry provider failed, and memwatch reports nothing more to it: ${cause?.message ?? cause}`,
      { cause },
    ),
    'ERR_MEMWATCH_PROVIDER_FAILED',
  );
}

/**
 * What an instrumentation gets its numbers from.
 * @typedef {object} Source
 * @property {() => import('./families.js').Family[]} families
 * @property {import('../stream.js').Subscribe} subscribe
 */

/** The export to one provider. */
class Instrumentation {
  #families;
  #ended;
  #logger;
  #duration;
  #meter;
  #observables = [];
  #observe = (result) => this.#guard(() => this.#observeAll(result));
  #unfollow;
  #record = (_, { kind, pauseMs }) =>
    this.#guard(() => this.#duration.record(pauseMs / MS_PER_S, { 'v8js.gc.type': kind }));

  /**
   * @param {{ meterProvider: any, loggerProvider?: any }} providers
   * @param {Source} source
   * @param {(ended: Instrumentation) => void} ended  called at its end
   */
  constructor({ meterProvider, loggerProvider }, { families, subscribe }, ended) {
    this.#families = families;
    this.#ended = ended;
    try {
      this.#logger = loggerProvider?.getLogger('memwatch', version);
      this.#meter = meterProvider.getMeter('memwatch', version);
      this.#makeInstruments();
    } catch (cause) {
      throw failure(cause);
    }
    this.#unfollow = subscribe(['gc'], this.#record);
  }

  #makeInstruments() {
    this.#duration = this.#meter.createHistogram('v8js.gc.duration', {
      unit: 's',
      description: 'Garbage collection duration.',
      advice: { explicitBucketBoundaries: DURATION_BOUNDS_SECONDS },
    });
    const add = (way, name, unit, description, samples) =>
      this.#observables.push([this.#meter[way](name, { unit, description }), samples]);
    for (const [name, [field, description]] of Object.entries(SPACES)) {
      add('createObservableUpDownCounter', name, 'By', description, ({ spaces }) =>
        spaces.map((space) => [space[field], { 'v8js.heap.space.name': space.space_name }]),
      );
    }
    for (const { name: family, help, type, instrument } of this.#families()) {
      if (instrument === undefined) continue;
      const way = type === 'counter' ? 'createObservableCounter' : 'createObservableGauge';
      add(way, instrument.name, instrument.unit, help, ({ samples }) =>
        samples.get(family).map(({ labels, value }) => [value, attributesOf(labels)]),
      );
    }
    this.#meter.addBatchObservableCallback(
      this.#observe,
      this.#observables.map(([observable]) => observable),
    );
  }

  #observeAll(result) {
    const samples = new Map(this.#families().map((family) => [family.name, family.samples]));
    const now = { samples, spaces: v8.getHeapSpaceStatistics() };
    for (const [observable, samples] of this.#observables) {
      for (const [value, attributes] of samples(now)) {
        if (Number.isFinite(value)) result.observe(observable, value, attributes);
      }
    }
  }

  /** A leak, or that its growth has paused, as a log record, where there is a logger. */
  logLeak({
    reason,
    growth,
    kind = 'heap',
    state,
    keptBytes,
    confidence,
    bytesPerHour,
    limit,
    limitEta,
    suspects = [],
  }) {
    if (this.#logger === undefined) return;
    const [first] = suspects;
    const attributes = {
      'memwatch.leak.kind': kind,
      'memwatch.leak.state': state,
      'memwatch.leak.growth': growth,
      'memwatch.leak.kept': keptBytes,
      'memwatch.leak.confidence': confidence,
      'memwatch.leak.bytes_per_hour': bytesPerHour,
      'memwatch.limit.kind': limitEta ? limit?.kind : undefined,
      'memwatch.limit.bytes': limitEta ? limit?.bytes : undefined,
      'memwatch.limit.eta': limitEta?.toISOString(),
      'code.function.name': first?.function,
      'code.file.path': first?.file,
      'code.line.number': first?.line,
    };
    this.#guard(() =>
      this.#logger.emit({
        eventName: 'memwatch.leak',
        severityNumber: SEVERITY_WARN,
        severityText: 'WARN',
        body: reason,
        attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value != null)),
      }),
    );
  }

  /** A provider that throws is reported once, and gets no more data. */
  #guard(act) {
    try {
      act();
    } catch (cause) {
      this.stop();
      warnOf(failure(cause));
    }
  }

  /** Stops the export. */
  stop() {
    this.#unfollow();
    this.#ended(this);
    try {
      this.#meter.removeBatchObservableCallback(
        this.#observe,
        this.#observables.map(([observable]) => observable),
      );
    } catch {
      // It fails if the provider does, which has been reported.
    }
  }
}

/** @param {Source} source */
function openTelemetryOf(source) {
  /** @type {Set<Instrumentation>} */
  const running = new Set();

  /** Exports the metrics and leaks of memwatch to OpenTelemetry providers, until `stop()`. */
  function instrument(options) {
    const instrumentation = new Instrumentation(checked(options), source, (ended) => running.delete(ended));
    running.add(instrumentation);
    return { stop: () => instrumentation.stop() };
  }

  function logLeak(leak) {
    for (const instrumentation of running) instrumentation.logLeak(leak);
  }

  return { instrument, logLeak };
}

module.exports = { openTelemetryOf };
