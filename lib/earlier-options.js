'use strict';
// The names that options of configure() had before the first release, for programs that were written for a checkout of
// that time: each is taken as the option that it has become. As with pending deprecations of Node.js, a warning comes
// only where somebody has asked for these. What an option does, and whether its value is right, is not known here.

const { invalid, isObject } = require('./options.js');

/** @param {unknown} value */
const same = (value) => value;

/** A word that was renamed with its option; other values stay as they are. @param {Record<string, unknown>} renamed */
const words = (renamed) => (/** @type {unknown} */ value) =>
  typeof value === 'string' && Object.hasOwn(renamed, value) ? renamed[value] : value;

/** @param {unknown} value */
const offWasNull = (value) => (value === null ? false : value);

/** @param {unknown} value */
function quota(value) {
  if (typeof value !== 'object' || value === null) return value;
  const names = /** @type {Record<string, string>} */ ({ files: 'maxFiles', bytes: 'maxBytes' });
  const entries = Object.entries(value).map(([name, one]) => [names[name] ?? name, whenFull(one)]);
  return Object.fromEntries(entries);
}

const whenFull = words({ removeOldest: 'remove-oldest' });

/** `sampling` is a word where it is the earlier option, and an object where it is today's group. */
const isEarlierSampling = (/** @type {unknown} */ value) => typeof value === 'string';

/**
 * @typedef {object} Earlier
 * @property {string} now  with its group, as `snapshots.directory`
 * @property {(value: unknown) => unknown} [value]
 * @property {(value: unknown) => boolean} [isEarlier]  where a group has the name today
 */

/** @type {Map<string, Earlier>} */
const EARLIER = new Map(
  Object.entries({
    probes: { now: 'forcedGc.enabled' },
    probeBudget: { now: 'forcedGc.budgetRatio' },
    probeSpacing: { now: 'forcedGc.minSpacingMs' },
    sampling: {
      now: 'sampling.when',
      value: words({ suspicion: 'suspected', off: false }),
      isEarlier: isEarlierSampling,
    },
    samplingInterval: { now: 'sampling.intervalBytes' },
    stackDepth: { now: 'sampling.stackDepth' },
    callProfile: { now: 'sampling.callProfile' },
    snapshotSignal: { now: 'snapshots.onSignal', value: offWasNull },
    snapshotNearHeapLimit: { now: 'snapshots.nearHeapLimit' },
    snapshotDirectory: { now: 'snapshots.directory' },
    snapshotName: { now: 'snapshots.name' },
    snapshotRedact: { now: 'snapshots.redact' },
    snapshotQuota: { now: 'snapshots.quota', value: quota },
    snapshotCompression: { now: 'snapshots.compression', value: words({ none: false }) },
    snapshotOnLeak: { now: 'onLeak.snapshot' },
    diagnose: { now: 'onLeak.analyze' },
    bundleOnLeak: { now: 'onLeak.bundle', value: offWasNull },
    blackBox: { now: 'flightRecorder', value: offWasNull },
  }),
);

/** Names that were warned of: once each. @type {Set<string>} */
const told = new Set();

/** Whether Node was started so that it warns of pending deprecations, by the flag or by the environment. */
const warnsOfPending = () =>
  process.execArgv.includes('--pending-deprecation') || process.env.NODE_PENDING_DEPRECATION === '1';

/** @param {string} name @param {string} now */
function tell(name, now) {
  if (told.has(name) || !warnsOfPending()) return;
  told.add(name);
  process.emitWarning(`memwatch.configure(): the option ${name} is called ${now} since memwatch 1.0.`, {
    type: 'DeprecationWarning',
    code: 'MEMWATCH_DEP_OPTION',
  });
}

/**
 * Sets an option in its group; the groups on the way are made.
 * @param {Record<string, any>} into
 * @param {string} now
 * @param {unknown} value
 * @param {string} earlier
 */
function put(into, now, value, earlier) {
  const groups = now.split('.');
  const option = /** @type {string} */ (groups.pop());
  let group = into;
  for (const name of groups) {
    // A group that is not an object is passed through, so that the check of all options refuses it.
    if (group[name] !== undefined && !isObject(group[name])) return;
    group = group[name] = { ...group[name] };
  }
  if (group[option] !== undefined) {
    throw invalid(`memwatch.configure() was given ${now} twice: by that name, and as ${earlier}, its earlier one.`);
  }
  group[option] = value;
}

/**
 * The options with today's names; the very same object where no earlier name is among them.
 * @param {object} changes
 * @returns {object}
 */
function withTodaysNames(changes) {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const isEarlier = (/** @type {[string, unknown]} */ [name, value]) =>
    EARLIER.get(name)?.isEarlier?.(value) ?? EARLIER.has(name);
  const earlier = given.filter(isEarlier);
  if (earlier.length === 0) return changes;
  /** @type {Record<string, any>} */
  const today = Object.fromEntries(given.filter((entry) => !isEarlier(entry)));
  for (const [name, value] of earlier) {
    const { now, value: translated = same } = /** @type {Earlier} */ (EARLIER.get(name));
    put(today, now, translated(value), name);
    tell(name, now);
  }
  return today;
}

module.exports = { withTodaysNames };
