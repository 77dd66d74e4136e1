'use strict';
// The environment of a process as it may leave the machine: names, and the values of those
// variables alone that are known to hold no secret.

const { isWordy, redactArguments, redactPath, redactValue } = require('./arguments.js');
const { isRandom } = require('./pieces.js');
const { redacted, withoutSecrets } = require('./text.js');

/** Lists of directories and files. */
const PATHS =
  /^(PATH|NODE_PATH|NODE_EXTRA_CA_CERTS|NODE_ICU_DATA|LD_PRELOAD|LD_LIBRARY_PATH|SHELL|PWD|HOME|npm_node_execpath|MEMWATCH_ADDON)$/;

/** Variables whose values shape memory, or say what runs. Of memwatch's own none that opens its page. */
const HARMLESS = [
  /^NODE_(ENV|VERSION|NO_WARNINGS|TEST_CONTEXT|UNIQUE_ID|CHANNEL_FD)$/,
  /^(UV_THREADPOOL_SIZE|UV_USE_IO_URING|MALLOC_[A-Z_]+|GLIBC_TUNABLES|NO_COLOR|CI)$/,
  /^(LANG|LC_[A-Z]+|TZ|TERM|HOSTNAME|USER)$/,
  /^npm_(package_(name|version)|config_user_agent|lifecycle_event)$/,
  /^MEMWATCH_(SNAPSHOT_SIGNAL|UNTRIED_NODE)$/,
];

/** Directories, or an address, which some of these variables hold by mistake. @param {string} value */
function redactPaths(value) {
  if (/:\/\//.test(value)) return withoutSecrets(value);
  return value
    .split(/([:;])/)
    .map((/** @type {string} */ part) => redactPath(part))
    .join('');
}

/** A value of which its variable says that it is harmless, and which looks like it. @param {string} value */
function redactHarmless(value) {
  if (isWordy(value) || redactValue(value) === value) return value;
  const isPlain = /^[\w./:=, ()+-]*$/.test(value) && !isRandom(value);
  return isPlain ? withoutSecrets(value) : redacted(value);
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Record<string, string>}
 */
function redactEnvironment(environment) {
  const entries = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, value = '']) => {
      if (name === 'NODE_OPTIONS') return [name, redactArguments(value.split(' '), { executable: false }).join(' ')];
      if (PATHS.test(name)) return [name, redactPaths(value)];
      return [name, HARMLESS.some((known) => known.test(name)) ? redactHarmless(value) : redacted(value)];
    }),
  );
}

module.exports = { redactEnvironment };
