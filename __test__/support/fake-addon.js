'use strict';
// An addon that is made up, for tests of what lib/ does with what an addon says: no binary, no collection, no fork. It has
// what createMemwatch() and the parts in those tests call, and does nothing on its own. Asserts nothing.

/** A site as the addon has it. */
const SITE = { function: 'track', file: '/app/server.js', line: 6, column: 3, package: null, stack: [] };

/** What a forked child has written. */
const WRITTEN = { path: '/a', bytes: 5, nodes: 3, engine: 'reader' };

/**
 * An addon; `happen` has it report facts, as it does on the event loop; `armed` is what it was told to do at the heap's
 * limit, and `atLimit` is what came of that; `asked` are the requests to forked children.
 * @param {{ arm?: (request: object) => void }} [how]
 */
function fakeAddon({ arm = () => {} } = {}) {
  /** @type {[name: string, payload: object][]} */
  const facts = [];
  /** @type {object[]} */
  const armed = [];
  /** @type {object[]} */
  const asked = [];
  let deliver = () => {};
  let atLimit = (/** @type {object} */ _) => {};

  class Environment {
    constructor(/** @type {() => void} */ call) {
      deliver = call;
    }
    take = () => facts.splice(0, 1);
    moreWait = () => facts.length > 0;
    tick = () => false;
    youngCollections = () => 0;
    detectorState = () => null;
    follow() {}
    setDetectors() {}
    setForcedGc() {}
    setJudged() {}
  }

  class Sites {
    start = () => 'own';
    suspects = () => JSON.stringify({ at: 5000, suspects: [SITE] });
    evidence = this.suspects;
    evidenceAt = () => 5000;
    hasFound = () => true;
    stillRuns = () => true;
    observe = () => true;
    heapProfile = () => null;
    stop() {}
    hold() {}
    forget() {}
  }

  class SnapshotForks {
    begin(/** @type {string} */ request) {
      asked.push(JSON.parse(request));
      return { pauseMs: 2, outcome: Promise.resolve(WRITTEN) };
    }
    end() {}
  }

  class HeapLimitTrigger {
    constructor(/** @type {(outcome: object) => void} */ onEnd) {
      atLimit = onEnd;
    }
    arm(/** @type {string} */ request) {
      arm(JSON.parse(request));
      armed.push(JSON.parse(request));
    }
    disarm() {
      armed.length = 0;
    }
  }

  class SignalTrigger {
    start() {}
    stop() {}
  }

  class FileLock {
    take = () => 'unknown';
    release() {}
  }

  const made = { Environment, FileLock, HeapLimitTrigger, SignalTrigger, Sites, SnapshotForks };
  const nothing = { noteThreadName() {}, forgetThreadName() {}, noteConstrainedMemory() {}, collect() {} };
  const answers = { packageOfFile: () => null, templateMistake: () => null, pageFeeds: () => [] };
  return {
    addon: /** @type {import('../../lib/types.js').Addon} */ (
      /** @type {unknown} */ ({ ...made, ...nothing, ...answers })
    ),
    armed,
    asked,
    atLimit: (/** @type {object} */ outcome) => atLimit(outcome),
    /** @param {[name: string, payload: object][]} news */
    happen(...news) {
      facts.push(...news);
      deliver();
    },
  };
}

module.exports = { SITE, WRITTEN, fakeAddon };
