'use strict';
// Where the snapshots go that a trigger takes, and what becomes of them: options of
// configure(). Takes none.

const { templateMistake } = require('../addon.js');
const { addOptions } = require('../configure.js');
const { isFileName, wholePath } = require('../file-names.js');
const { kind, oneOf, wholeNumber } = require('../options.js');

// The addon's own defaults, told here because configure() returns what is in force.
const TEMPLATE = 'heap-{date}-{time}-{pid}-{thread}-{seq}-{reason}.heapsnapshot';
const HEAPDUMP_TEMPLATE = 'heapdump-{seconds}.{micros}.heapsnapshot';
const QUOTA = { files: 20, bytes: 8 * 2 ** 30, whenFull: 'refuse' };

const WHEN_FULL = oneOf('refuse', 'removeOldest');
const COUNT = wholeNumber();

// The directory that the program is in when it takes one, unless one is named.
/** @type {{ directory: string, template: string, quota: typeof QUOTA, compression: string, redact: boolean | 'strict' }} */
const inForce = {
  directory: '.',
  template: TEMPLATE,
  quota: QUOTA,
  compression: 'none',
  redact: false,
};

function isQuota(value) {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.keys(value).some((key) => !Object.hasOwn(QUOTA, key))) return false;
  const { files, bytes, whenFull } = { ...QUOTA, ...value };
  return COUNT.accepts(files) && COUNT.accepts(bytes) && WHEN_FULL.accepts(whenFull);
}

/**
 * The option of a value in force.
 * @param {keyof typeof inForce} name
 * @param {import('../options.js').Kind} expected
 * @param {(value: any) => unknown} [prepare]
 */
function option(name, expected, prepare = (value) => value) {
  return {
    ...expected,
    prepare,
    get: () => inForce[name],
    set: (/** @type {any} */ value) => {
      Object.assign(inForce, { [name]: value });
    },
  };
}

const isTemplate = (/** @type {any} */ value) => isFileName(value) && (templateMistake(value) ?? null) === null;

addOptions({
  snapshotDirectory: option('directory', kind('the name of a directory', isFileName), wholePath),
  snapshotName: option('template', kind('a name with fields such as {pid}, ending in .heapsnapshot', isTemplate)),
  snapshotQuota: option(
    'quota',
    kind(`an object with files, bytes and whenFull (${WHEN_FULL.takes})`, isQuota),
    (value) => Object.freeze({ ...QUOTA, ...value }),
  ),
  snapshotCompression: option('compression', oneOf('none', 'gzip', 'zstd')),
  snapshotRedact: option('redact', oneOf(true, false, 'strict')),
});

/** The directory for a snapshot, its names, and how much may lie there. */
function placeFor(reason, { template = inForce.template } = {}) {
  const { files, bytes, whenFull } = inForce.quota;
  return {
    directory: wholePath(inForce.directory),
    template,
    quota: { files, bytes, removeOldest: whenFull === 'removeOldest' },
    reason,
  };
}

/** What becomes of it. */
const treatment = () => ({ compression: inForce.compression, redact: inForce.redact });

module.exports = { HEAPDUMP_TEMPLATE, placeFor, treatment };
