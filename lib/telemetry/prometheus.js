'use strict';
// For Prometheus: memwatch.metrics() in its text format, and memwatch.register() for a
// registry of prom-client. families.js defines the metrics.

const { withCode } = require('../errors.js');
const { A_STRING, check, checkOptions, invalid, isObject, kind, shown } = require('../options.js');

const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Labels that are ours. */
const OWN_LABELS = new Set(['le', 'kind', 'thread', 'memwatch', 'node', 'row', 'handle']);

const OPTIONS = { labels: { ...kind('an object', isObject), otherwise: {} } };

const isRegistry = (/** @type {any} */ value) =>
  typeof value?.registerMetric === 'function' && typeof value.getSingleMetric === 'function';

const escapeHelp = (text) => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text) => escapeHelp(text).replace(/"/g, '\\"');

function checkLabels(labels) {
  for (const [name, value] of Object.entries(labels)) {
    if (!LABEL_NAME.test(name)) throw invalid(`memwatch.metrics() cannot have a label called ${shown(name)}.`);
    if (OWN_LABELS.has(name)) {
      throw invalid(`memwatch.metrics() has a label ${name} of its own: choose another name.`);
    }
    check(`The label ${name} of memwatch.metrics()`, value, A_STRING);
  }
}

function number(value) {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function line(name, labels, value) {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${number(value)}`;
}

/** @param {() => import('./families.js').Family[]} families  reads all metrics */
function prometheusOf(families) {
  /**
   * All metrics in Prometheus' text format, version 0.0.4.
   * @param {{ labels?: Record<string, string> }} [options] labels for every series
   */
  function metrics(options = {}) {
    const { labels: everywhere } = checkOptions('memwatch.metrics()', options, OPTIONS);
    checkLabels(everywhere);
    const lines = families().flatMap(({ name, help, type, samples }) => [
      `# HELP ${name} ${escapeHelp(help)}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ suffix = '', labels: own, value }) => line(name + suffix, { ...own, ...everywhere }, value)),
    ]);
    return `${lines.join('\n')}\n`;
  }

  let shared;

  /** A registry reads each metric separately, all in one turn: they get numbers of one moment. */
  function readOnceATurn() {
    if (shared === undefined) {
      shared = new Map(families().map((family) => [family.name, family.samples]));
      queueMicrotask(() => {
        shared = undefined;
      });
    }
    return shared;
  }

  /** A family as prom-client's registry knows metrics. The registry may change the name. */
  function promMetric(family) {
    const ours = family.name;
    return {
      name: family.name,
      help: family.help,
      type: family.type,
      aggregator: family.aggregator,
      async get() {
        const { name, help, type, aggregator } = this;
        const values = readOnceATurn()
          .get(ours)
          .map(({ suffix, labels, value }) => ({
            labels,
            value,
            ...(suffix === undefined ? {} : { metricName: `${name}${suffix}` }),
          }));
        return { name, help, type, aggregator, values };
      },
      // What a registry asks of metrics that it counts itself. Ours are counted elsewhere.
      reset() {},
    };
  }

  /** Where ours are registered. @type {WeakMap<object, Set<object>>} */
  const registered = new WeakMap();

  /** Adds all metrics to a registry of prom-client, or none. A second time changes nothing. */
  function register(registry) {
    check('The argument of memwatch.register()', registry, kind('a registry of prom-client', isRegistry));
    const ours = registered.get(registry) ?? new Set();
    const all = families();
    const present = all.map(({ name }) => registry.getSingleMetric(name)).filter((metric) => metric !== undefined);
    const foreign = present.find((metric) => !ours.has(metric));
    if (foreign !== undefined) {
      throw withCode(
        new Error(
          `The registry given to memwatch.register() already has a metric ${foreign.name} that is not memwatch's: ` +
            'remove it, or use another registry.',
        ),
        'ERR_MEMWATCH_METRIC_TAKEN',
      );
    }
    const there = new Set(present.map(({ name }) => name));
    for (const family of all) {
      if (there.has(family.name)) continue;
      const metric = promMetric(family);
      registry.registerMetric(metric);
      ours.add(metric);
    }
    registered.set(registry, ours);
  }

  return { metrics, register };
}

module.exports = { prometheusOf };
