'use strict';
// A snapshot when the heap is nearly full: the option `snapshots.nearHeapLimit`. V8 asks what
// to do during an allocation, where no JavaScript can run: so the addon gets the request
// beforehand, and reports the result afterwards if the process survives.

const { isMainThread, threadId } = require('node:worker_threads');
const { weakly } = require('../lifetime.js');
const { requestFor, treated } = require('../live-snapshot.js');
const { warnOf } = require('./take.js');
const { TRUE_OR_FALSE } = require('../options.js');

// A heap at the limit is the largest that a program has, and nothing else waits for it.
const TIMEOUT_MS = 1800_000;

const REASON = 'near-heap-limit';

// Where a process cannot be copied the addon takes it in the program itself, while V8 asks.
const MODE = process.platform === 'linux' ? 'fork' : 'inline';

/**
 * @param {object} by
 * @param {Pick<import('../types.js').Addon, 'HeapLimitTrigger'>} by.addon
 * @param {import('../configure.js').Configuration} by.configuration
 * @param {ReturnType<typeof import('./places.js').snapshotPlaces>} by.places
 * @param {import('./take.js').TriggeredSnapshots} by.triggered
 */
function addLimitTrigger({ addon, configuration, places: { placeFor, treatment }, triggered: { take, tell } }) {
  let isOn = false;
  /** @type {import('../types.js').HeapLimitTrigger | undefined} */
  let trigger;
  /** Whether the addon has the request. */
  let isArmed = false;

  /** @param {import('../types.js').SnapshotOutcome} outcome */
  function onEnd({ failure, ...snapshot }) {
    isOn = false;
    isArmed = false;
    // The copy was made in the midst of something, and the program lives: then in the ordinary way.
    if (failure?.isTransient) return void take(REASON, { mode: MODE });
    if (failure) return warnOf(failure);
    tell({ trigger: REASON, ...snapshot, mode: MODE });
  }

  /** The request for that moment, as configured now. */
  function request() {
    // Once in a thread: no other has the number.
    const file = { ...treated(treatment()), thread: threadId, sequence: 0, ...placeFor(REASON) };
    return requestFor({ kind: 'file', ...file }, { timeoutMs: TIMEOUT_MS, outlivesParent: true });
  }

  function arm() {
    if (!isOn) return;
    trigger ??= new addon.HeapLimitTrigger(weakly(onEnd));
    try {
      trigger.arm(request(), !isMainThread);
      isArmed = true;
    } catch (error) {
      // The place of before stands: that the working directory is gone by now does not touch it.
      if (isArmed && error.code === 'ERR_MEMWATCH_WORKING_DIRECTORY') return;
      isOn = false;
      disarm();
      throw error;
    }
  }

  function disarm() {
    trigger?.disarm();
    isArmed = false;
  }

  configuration.addOptions({
    snapshots: {
      nearHeapLimit: {
        ...TRUE_OR_FALSE,
        get: () => isOn,
        set: (value) => {
          isOn = value;
          if (!isOn) disarm();
        },
      },
    },
  });

  // The directory may be given in the same call, behind it.
  configuration.onConfigured(arm);
}

module.exports = { addLimitTrigger };
