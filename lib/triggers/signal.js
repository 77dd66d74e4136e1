'use strict';
// A snapshot on a signal: the option `snapshots.onSignal`. The signal is watched natively, so
// that no listener is counted and none of the program's is disturbed. Off unless asked for:
// without a word, a library must not change what a signal does to a program. On Windows, where
// no signal can be sent, the same option opens a named pipe for `memwatch snapshot PID`.

const { constants } = require('node:os');
const { isMainThread } = require('node:worker_threads');
const { warn } = require('../errors.js');
const { weakly } = require('../lifetime.js');
const { alternatives, kind, oneOf, shown } = require('../options.js');
const { publish, record, withdraw } = require('./presence.js');

// Those that no runtime, debugger or terminal needs for something else.
const SIGNALS = ['SIGUSR2', 'SIGHUP', 'SIGQUIT'];

const isWindows = process.platform === 'win32';
const isPossible = isMainThread && !isWindows;

/**
 * @param {object} by
 * @param {Pick<import('../types.js').Addon, 'SignalTrigger'>} by.addon
 * @param {import('../configure.js').Configuration} by.configuration
 * @param {import('./take.js').TriggeredSnapshots} by.triggered
 */
function signalTrigger({ addon, configuration, triggered }) {
  /** @type {{ start: (number: number) => void, stop: () => void } | undefined} */
  let trigger;
  /** @type {string | false} */
  let inForce = false;
  /** @type {string | undefined} */
  let template;
  let underWay;

  /** Concurrent requests share the snapshot that is being taken: one snapshot, one answer for all. */
  function onSignal() {
    underWay ??= triggered.take('signal', { template }).then((outcome) => {
      underWay = undefined;
      record(outcome);
      return outcome;
    });
    return underWay;
  }

  function newTrigger() {
    if (!isWindows) return new addon.SignalTrigger(weakly(onSignal));
    const { PipeTrigger } = require('./pipe.js');
    return new PipeTrigger(onSignal);
  }

  /**
   * Watches a signal, or none.
   * @param {string | false} signal
   * @param {{ template?: string }} [options] names of the files, where they are not configured
   */
  function watchSignal(signal, options = {}) {
    template = options.template;
    if (signal === inForce) return;
    trigger ??= newTrigger();
    if (signal === false) {
      trigger.stop();
      withdraw();
    } else {
      trigger.start(constants.signals[/** @type {NodeJS.Signals} */ (signal)]);
      publish(signal);
    }
    inForce = signal;
  }

  configuration.addOptions({
    snapshots: {
      onSignal: {
        ...(isMainThread
          ? oneOf(...SIGNALS, false)
          : kind('false here: signals work only on the main thread', (value) => value === false)),
        get: () => inForce,
        set: (value) => watchSignal(value),
      },
    },
  });

  /** For a program whose code is not to be changed. @param {string} wanted  the value of MEMWATCH_SNAPSHOT_SIGNAL */
  function watchAsEnvironmentSays(wanted) {
    if (!isMainThread) return;
    if (SIGNALS.includes(wanted)) return watchSignal(wanted);
    const sentence = `MEMWATCH_SNAPSHOT_SIGNAL must be ${alternatives(SIGNALS)}, but is ${shown(wanted)}.`;
    warn(sentence, 'ERR_MEMWATCH_USAGE');
  }

  return { watchAsEnvironmentSays, watchSignal };
}

module.exports = { isPossible, signalTrigger };
