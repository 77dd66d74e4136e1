'use strict';
// All families of metrics: names, help and samples of now, of all threads. Which the addon has is decided in
// crates/report/src/metrics.rs, and the files next to this one define each format.

const { nativeFamilies } = require('./native-families.js');

/**
 * @typedef {object} Sample
 * @property {string} [suffix]  what follows the name of the family
 * @property {Record<string, string>} labels
 * @property {number} value
 *
 * @typedef {object} Family
 * @property {string} name
 * @property {string} help
 * @property {'counter' | 'gauge' | 'histogram'} type
 * @property {string} aggregator  how processes of a cluster are added up, in prom-client's words
 * @property {{ name: string, unit: string }} [instrument]  of OpenTelemetry
 * @property {Sample[]} samples
 */

/**
 * What reads them all.
 * @param {object} from
 * @param {Pick<import('../types.js').Addon, 'metricFamilies'>} from.addon
 * @param {{ readonly last: import('../../reports.js').NativeMemory | null }} from.nativeWatch
 * @returns {() => Family[]}
 */
const familiesOf =
  ({ addon, nativeWatch }) =>
  () => [...addon.metricFamilies(process.versions.node), ...nativeFamilies(nativeWatch.last)];

module.exports = { familiesOf };
