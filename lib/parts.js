'use strict';
// The parts of memwatch, made from an addon: which part gets which, in one place. Each is made when it is first asked for,
// once, and its file is loaded then: an entry has only what it needs, and a test gets a part of an addon that it made up.
// Parts that do nothing until an option says so are made by the first call of configure().
// Nothing happens here; what passes from part to part while a program runs is memwatch.js's.

const { configurationOf } = require('./configure.js');

class Parts {
  /** @type {Map<string, any>} */
  #made = new Map();

  /** @param {import('./types.js').Addon} addon  as lib/native.js gives it */
  constructor(addon) {
    this.addon = addon;
    this.configuration = configurationOf(() => this.#makeOptional());
  }

  /** @type {Pick<Parts, 'bundles' | 'diagnoses' | 'flightRecorder' | 'leakTrigger' | 'signalTrigger'> | null} */
  #optional = null;

  /** What does nothing until an option says so: null before the first call of configure(). */
  get optional() {
    return this.#optional;
  }

  /** configure() returns the options in this order. */
  #makeOptional() {
    const { bundles, diagnoses, flightRecorder, leakTrigger } = this;
    const { addon, configuration, places, triggered } = this;
    require('./triggers/limit.js').addLimitTrigger({ addon, configuration, places, triggered });
    const { signalTrigger } = this;
    this.#optional = { bundles, diagnoses, flightRecorder, leakTrigger, signalTrigger };
  }

  /**
   * @template T
   * @param {string} name
   * @param {() => T} make
   * @returns {T}
   */
  #once(name, make) {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name);
  }

  get stream() {
    return this.#once('stream', () => require('./stream.js').streamOf(this.addon));
  }

  // ---------------------------------------------------------------- what grows, and which line

  /** Names the sources of sites and frames. */
  get mapper() {
    return this.#once('mapper', () => require('./source-maps.js').mapperBy(this.addon));
  }

  get sites() {
    const { addon, configuration } = this;
    const { mapped } = this.mapper;
    return this.#once('sites', () => require('./sites.js').sitesBy({ addon, configuration, mapped }));
  }

  get detector() {
    return this.#once('detector', () => {
      const { Detector } = require('./detector.js');
      const detector = new Detector({ environment: this.stream.environment, configuration: this.configuration });
      detector.explainNativeWith(this.nativeWatch.causeOf);
      detector.nameNativeWith(this.nativeSuspects);
      detector.joinWith({ joined: (state) => this.handles.joined(this.threads.joined(state)) });
      return detector;
    });
  }

  get threads() {
    return this.#once('threads', () => {
      const { addon, stream } = this;
      const { mapped } = this.mapper;
      const { observer } = require('./threads/observer.js');
      const { Threads } = require('./threads/index.js');
      const { environment, publish: announce } = stream;
      return new Threads({ addon, announce, environment, mapped, observer: observer(addon) });
    });
  }

  get handles() {
    return this.#once('handles', () => {
      const { Handles } = require('./handles/index.js');
      const { environment, publish: announce } = this.stream;
      return new Handles({ announce, environment, workers: () => this.threads.alive });
    });
  }

  // ---------------------------------------------------------------- native memory

  get nativeMemory() {
    return this.#once('nativeMemory', () => require('./native-memory/index.js').nativeMemoryBy(this.addon));
  }

  get nativeWatch() {
    return this.#once('nativeWatch', () => {
      const { NativeMemoryWatch } = require('./native-memory/watch.js');
      return new NativeMemoryWatch({ publish: this.stream.publish, read: this.nativeMemory.nativeMemory });
    });
  }

  get nativeSites() {
    return this.#once('nativeSites', () => require('./native-memory/sites.js').nativeSitesBy(this.addon, this.mapper));
  }

  get nativeSuspects() {
    return this.#once('nativeSuspects', () => {
      const { configuration, nativeSites, nativeWatch } = this;
      const { NativeSuspects } = require('./native-memory/suspects.js');
      return new NativeSuspects({ configuration, causeOf: nativeWatch.causeOf, sampling: new nativeSites.Sampling() });
    });
  }

  // ---------------------------------------------------------------- snapshots

  /** Of this program. */
  get snapshots() {
    return this.#once('snapshots', () => require('./live-snapshot.js').liveSnapshots(this.addon));
  }

  /** Questions to snapshot files. */
  get commands() {
    return this.#once('commands', () => require('./snapshot-command.js').commandsBy(this.addon));
  }

  get reports() {
    return this.#once('reports', () => require('./snapshot-reports.js').snapshotReports(this.commands));
  }

  get liveDiffs() {
    return this.#once('liveDiffs', () => {
      const { liveDiffs } = require('./live-diff.js');
      return liveDiffs({ take: this.snapshots.take, diffSnapshots: this.reports.diffSnapshots });
    });
  }

  get HeapDiff() {
    return this.#once('HeapDiff', () => {
      const readerDiff = () => new this.liveDiffs.ReaderHeapDiff();
      return require('./heap-diff.js').heapDiffBy({ addon: this.addon, readerDiff });
    });
  }

  // ---------------------------------------------------------------- snapshots without a call

  get places() {
    const { addon, configuration } = this;
    return this.#once('places', () => require('./triggers/places.js').snapshotPlaces({ addon, configuration }));
  }

  get triggered() {
    return this.#once('triggered', () => {
      const announce = (/** @type {object} */ snapshot) => this.stream.publish('snapshot', snapshot);
      const { triggeredSnapshots } = require('./triggers/take.js');
      return triggeredSnapshots({ writeInTurn: this.snapshots.writeInTurn, places: this.places, announce });
    });
  }

  get leakTrigger() {
    const { configuration, triggered } = this;
    return this.#once('leakTrigger', () => require('./triggers/leak.js').leakTrigger({ configuration, triggered }));
  }

  get signalTrigger() {
    const { addon, configuration, triggered } = this;
    const make = () => require('./triggers/signal.js').signalTrigger({ addon, configuration, triggered });
    return this.#once('signalTrigger', make);
  }

  get diagnoses() {
    const { configuration } = this;
    const { analyzeInTurn } = this.snapshots;
    return this.#once('diagnoses', () => require('./diagnosis.js').diagnosesBy({ configuration, analyzeInTurn }));
  }

  // ---------------------------------------------------------------- who gets what

  get flightRecorder() {
    return this.#once('flightRecorder', () => {
      const { addon, configuration, nativeWatch } = this;
      const detectorState = () => this.detector.detectorState();
      const sites = (/** @type {{ top?: number } | undefined} */ options) => this.sites.sites(options);
      const { flightRecorder } = require('./flight-recorder/recorder.js');
      return flightRecorder({ addon, configuration, nativeWatch, detectorState, sites });
    });
  }

  get bundles() {
    return this.#once('bundles', () => {
      const knowledge = {
        detectorState: () => this.detector.detectorState(),
        sites: () => this.sites.sites(),
        heapProfile: () => this.sites.heapProfile(),
        metrics: () => this.telemetry.metrics(),
        nativeMemory: () => this.nativeMemory.nativeMemory(),
        writeSnapshot: (/** @type {string} */ file, /** @type {{ redact: boolean }} */ options) =>
          this.snapshots.writeSnapshot(file, options),
        analyze: (/** @type {string} */ file) => this.reports.analyze(file),
      };
      return require('./bundle/index.js').bundler({ configuration: this.configuration, knowledge });
    });
  }

  get telemetry() {
    return this.#once('telemetry', () => {
      const { addon, nativeWatch, stream } = this;
      return require('./telemetry/index.js').telemetryOf({ addon, nativeWatch, subscribe: stream.subscribe });
    });
  }

  get askedProfiles() {
    const { addon, sites } = this;
    return this.#once('askedProfiles', () => require('./asked-profile.js').askedProfiles({ addon, sites }));
  }

  /** Loaded when it is called: programs that push nothing need none of it. */
  get pushProfiles() {
    return (/** @type {object} */ options) => {
      const { pushProfilesOf } = require('./push/index.js');
      return this.#once('pushProfiles', () => pushProfilesOf(() => this.askedProfiles))(options);
    };
  }

  get pageThreads() {
    return this.#once('pageThreads', () => {
      /** Loaded when it is called: programs without a dashboard need none of it. @param {string} address @param {object} memwatch */
      const reportTo = (address, memwatch) => require('./dashboard/reporter.js').reportTo(address, memwatch, this);
      return require('./dashboard/threads.js').pageThreads({ addon: this.addon, reportTo });
    });
  }
}

module.exports = { Parts };
