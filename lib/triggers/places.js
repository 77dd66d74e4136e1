'use strict';
// Where the snapshots go that a trigger takes, and what becomes of them: options of
// configure(). Takes none.

const { templateMistake } = require('../addon.js');
const { addOptions } = require('../configure.js');
const { isFileName, wholePath } = require('../file-names.js');

// The addon's own defaults, told here because configure() returns what is in force.
const TEMPLATE = 'heap-{date}-{time}-{pid}-{thread}-{seq}-{reason}.heapsnapshot';
const HEAPDUMP_TEMPLATE = 'heapdump-{seconds}.{micros}.heapsnapshot';
const QUOTA = { files: 20, bytes: 8 * 2 ** 30, whenFull: 'refuse' };

const WHEN_FULL = ['refuse', 'removeOldest'];
const COMPRESSIONS = ['none', 'gzip', 'zstd'];
const REDACTIONS = [false, true, 'strict'];

// The directory that the program is in when it takes one, unless one is named.
const inForce = {
  directory: '.',
  template: TEMPLATE,
  quota: QUOTA,
  compression: 'none',
  redact: false,
};

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

function isQuota(value) {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.keys(value).some((key) => !Object.hasOwn(QUOTA, key))) return false;
  const { files, bytes, whenFull } = { ...QUOTA, ...value };
  return isCount(files) && isCount(bytes) && WHEN_FULL.includes(whenFull);
}

/** The option of a value in force. */
function option(name, takes, accepts, prepare = (value) => value) {
  return {
    takes,
    accepts,
    prepare,
    get: () => inForce[name],
    set: (value) => {
      inForce[name] = value;
    },
  };
}

const words = (values) => values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(' or ');

addOptions({
  snapshotDirectory: option('directory', 'the name of a directory', isFileName, wholePath),
  snapshotName: option(
    'template',
    'a name with fields such as {pid}, ending in .heapsnapshot',
    (value) => isFileName(value) && (templateMistake(value) ?? null) === null,
  ),
  snapshotQuota: option('quota', `an object with files, bytes and whenFull (${words(WHEN_FULL)})`, isQuota, (value) =>
    Object.freeze({ ...QUOTA, ...value }),
  ),
  snapshotCompression: option('compression', words(COMPRESSIONS), (value) => COMPRESSIONS.includes(value)),
  snapshotRedact: option('redact', words(REDACTIONS), (value) => REDACTIONS.includes(value)),
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
