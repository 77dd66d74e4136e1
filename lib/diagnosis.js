'use strict';
// The analysis of a leak while it is there: the option `onLeak.analyze`, and the report that goes
// with the event. When a leak is confirmed is not decided here.

const { TRUE_OR_FALSE } = require('./options.js');
const { setImmediate } = require('./own-time.js');

/**
 * @param {object} by
 * @param {import('./configure.js').Configuration} by.configuration
 * @param {ReturnType<typeof import('./live-snapshot.js').liveSnapshots>['analyzeInTurn']} by.analyzeInTurn
 */
function diagnosesBy({ configuration, analyzeInTurn }) {
  let isOn = false;

  configuration.addOptions({
    onLeak: {
      analyze: {
        ...TRUE_OR_FALSE,
        get: () => isOn,
        set: (value) => {
          isOn = value;
        },
      },
    },
  });

  /** @typedef {{ report: object } | { error: Error }} Analysis */

  /**
   * Calls `emit`: immediately, or if an analysis is configured once the leak has it, as
   * `analysis`: `{ report }`, or `{ error }` if it failed. It is made in a forked child
   * only, because no user has agreed to stop the program.
   * @param {{ detector?: string, analysis?: Analysis }} leak  the payload to emit
   * @param {() => void} emit
   */
  function whenDiagnosed(leak, emit) {
    if (!isOn || leak.detector !== 'trend') {
      emit();
      return;
    }
    const tell = (/** @type {Analysis} */ analysis) => {
      leak.analysis = analysis;
      // Outside of the promise: an exception of a listener is an uncaught exception.
      setImmediate(emit);
    };
    // The leak may have started a snapshot as well: then when that is done.
    analyzeInTurn({ mode: 'fork' }).then(
      (report) => tell({ report }),
      (error) => tell({ error }),
    );
  }

  return { whenDiagnosed };
}

module.exports = { diagnosesBy };
