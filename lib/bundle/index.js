'use strict';
// memwatch.bundle(): the evidence on this process, in one directory; made automatically at a leak if
// `onLeak.bundle` is set. make.js decides the contents, and is loaded with the first bundle.

const { warnOf } = require('../errors.js');
const { isFileName, wholePath } = require('../file-names.js');
const { kind } = require('../options.js');

// A service that leaks all the time must not fill the disk: the first leaks are evidence enough.
const MOST_ON_LEAK = 3;

/**
 * @param {object} by
 * @param {import('../configure.js').Configuration} by.configuration
 * @param {Parameters<typeof import('./make.js').makeBundle>[0]} by.knowledge  access to the detector state of this process
 */
function bundler({ configuration, knowledge }) {
  /** @type {string | false} */
  let onLeakDirectory = false;
  let madeOnLeak = 0;

  configuration.addOptions({
    onLeak: {
      bundle: {
        ...kind('the name of a directory or false', (value) => value === false || isFileName(value)),
        // Whole from here on: the program may change its directory before it leaks.
        prepare: (value) => value && wholePath(value),
        get: () => onLeakDirectory,
        set: (value) => {
          // Loaded now: at a leak, days later, its file may have been replaced.
          if (value !== false) require('./make.js');
          onLeakDirectory = value;
        },
      },
    },
  });

  /**
   * See `makeBundle`.
   * @param {string} inside
   * @param {{ snapshot?: boolean, secrets?: boolean, leak?: object }} [options]
   */
  async function bundle(inside, options) {
    return require('./make.js').makeBundle(knowledge, inside, options);
  }

  /**
   * Handles a reported leak if bundles are configured. Never throws: the leak report matters more.
   * @param {object} leak
   */
  function onLeak(leak) {
    if (onLeakDirectory === false || madeOnLeak >= MOST_ON_LEAK) return;
    madeOnLeak += 1;
    bundle(onLeakDirectory, { leak }).catch(warnOf);
  }

  return { bundle, onLeak };
}

module.exports = { bundler };
