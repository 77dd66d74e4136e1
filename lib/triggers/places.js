'use strict';
// Where snapshots of triggers are written, and how: options of configure(). Takes
// none.

const { isFileName, wholePath } = require('../file-names.js');
const { kind, oneOf, wholeNumber } = require('../options.js');

// The addon's own defaults, repeated here because configure() returns the current options.
const TEMPLATE = 'heap-{date}-{time}-{pid}-{thread}-{seq}-{trigger}.heapsnapshot';
const HEAPDUMP_TEMPLATE = 'heapdump-{seconds}.{micros}.heapsnapshot';

const WORKING_DIRECTORY = '.';

const COUNT = wholeNumber();

/**
 * The option of a value in force.
 * @template {object} T
 * @param {T} values
 * @param {keyof T & string} name
 * @param {import('../options.js').Kind} expected
 * @param {(value: any) => unknown} [prepare]
 */
function option(values, name, expected, prepare = (value) => value) {
  return {
    ...expected,
    prepare,
    get: () => values[name],
    set: (/** @type {any} */ value) => {
      values[name] = value;
    },
  };
}

/** The directory that the program is in at each moment stays what it is. @param {string} name */
const directoryOf = (name) => (name === WORKING_DIRECTORY ? name : wholePath(name));

/**
 * @param {object} by
 * @param {Pick<import('../types.js').Addon, 'templateMistake'>} by.addon
 * @param {import('../configure.js').Configuration} by.configuration
 */
function snapshotPlaces({ addon, configuration }) {
  /**
   * The current options. Without a directory it is the working directory at the time of a snapshot.
   * @type {{ directory: string, template: string, compression: false | 'gzip' | 'zstd', redact: boolean | 'strict' }}
   */
  const inForce = { directory: WORKING_DIRECTORY, template: TEMPLATE, compression: false, redact: false };

  /** @type {{ maxFiles: number, maxBytes: number, whenFull: 'refuse' | 'remove-oldest' }} */
  const quota = { maxFiles: 20, maxBytes: 8 * 2 ** 30, whenFull: 'refuse' };

  const isTemplate = (/** @type {any} */ value) => isFileName(value) && (addon.templateMistake(value) ?? null) === null;
  const A_TEMPLATE = kind('a name with fields such as {pid}, ending in .heapsnapshot', isTemplate);

  configuration.addOptions({
    snapshots: {
      directory: option(inForce, 'directory', kind('the name of a directory', isFileName), directoryOf),
      name: option(inForce, 'template', A_TEMPLATE),
      quota: {
        maxFiles: option(quota, 'maxFiles', COUNT),
        maxBytes: option(quota, 'maxBytes', COUNT),
        whenFull: option(quota, 'whenFull', oneOf('refuse', 'remove-oldest')),
      },
      compression: option(inForce, 'compression', oneOf(false, 'gzip', 'zstd')),
      redact: option(inForce, 'redact', oneOf(true, false, 'strict')),
    },
  });

  /**
   * The directory for a snapshot, its names, and how much may lie there.
   * @param {string} reason
   * @param {{ template?: string }} [how]
   */
  function placeFor(reason, { template = inForce.template } = {}) {
    const { maxFiles: files, maxBytes: bytes, whenFull } = quota;
    return {
      directory: wholePath(inForce.directory),
      template,
      quota: { files, bytes, removeOldest: whenFull === 'remove-oldest' },
      reason,
    };
  }

  /** What becomes of it. */
  const treatment = () => ({ compression: inForce.compression, redact: inForce.redact });

  return { placeFor, treatment };
}

module.exports = { HEAPDUMP_TEMPLATE, snapshotPlaces };
