'use strict';
// The record of one thread of one program: its history, state, suspects and diff, from the
// messages of its agent. Bounded for any input; it checks the type of everything
// received. It neither watches nor serves.

const { readLabels } = require('../label-words.js');
const { ROWS } = require('../native-memory/words.js');
const { Series } = require('./series.js');

/** The samples taken once a second: bytes, and GC cycles so far, full and minor ones. */
/** @type {{ [name: string]: 'mean' }} */
const BYTES = { used: 'mean', total: 'mean', external: 'mean', buffers: 'mean', rss: 'mean', malloced: 'mean' };
/** @type {{ [name: string]: 'mean' | 'last' }} */
const RAW = { ...BYTES, full: 'last', young: 'last' };

/** The samples after each full GC: bytes, milliseconds, and GC cycles so far. */
/** @type {{ [name: string]: 'mean' | 'max' | 'last' }} */
const GC = { base: 'mean', pause: 'max', full: 'last', others: 'last', trend: 'last' };

/** The resident set and its rows, in bytes; NaN where one is not known. @type {{ [name: string]: 'mean' }} */
const NATIVE = Object.fromEntries(['resident', ...Object.keys(ROWS)].map((name) => [name, 'mean']));

// A person reads the last few, and the page has no room for more.
const MOST_LEAKS = 50;

// Characters of a name as the page shows it; programs can have longer ones.
const MOST_TEXT = 300;

// Of what is said of a leak: what grows, how fast, why, and what helps.
const MOST_SENTENCES = 1000;

// Characters of a path that every system takes.
const MOST_PATH = 4096;

// Snapshots of one program that are remembered, the last ones.
const MOST_SNAPSHOTS = 10;

// Of lists and of the nodes of a flame graph: more than a page can show.
const MOST_ROWS = 200;
const MOST_FRAMES = 5000;

// Of the small line beside a name.
const SPARK_ROWS = 60;

const text = (value, most = MOST_TEXT) => (value === null || value === undefined ? null : String(value).slice(0, most));
const sentences = (value) => text(value, MOST_SENTENCES);
/** A file name is useful only if complete. */
const path = (value) => (typeof value === 'string' && value.length <= MOST_PATH ? value : null);
const number = (value) => (Number.isFinite(value) ? value : null);
const list = (value, most = MOST_ROWS) => (Array.isArray(value) ? value.slice(0, most) : []);
const isRow = (row, width) => Array.isArray(row) && row.length === width && row.every(Number.isFinite);
/** An unknown number is null in a message, and NaN in a series. */
const withUnknown = (row) => (Array.isArray(row) ? row.map((value) => value ?? NaN) : row);
const isPartlyKnown = (row, width) =>
  Array.isArray(row) &&
  row.length === width &&
  Number.isFinite(row[0]) &&
  row.every((value) => typeof value === 'number');

/** One allocation site, as the page shows it. */
function suspect(value) {
  const {
    function: name,
    file,
    line,
    column,
    package: of,
    bytes,
    growthBytes,
    share,
    ageSpread,
    labels,
    native,
  } = value ?? {};
  return {
    function: text(name) || '(anonymous)',
    file: text(file) ?? '',
    line: number(line),
    column: number(column),
    package: text(of),
    bytes: number(bytes),
    growthBytes: number(growthBytes),
    share: number(share),
    ageSpread: number(ageSpread),
    labels: readLabels(labels),
    native: native ? { function: text(native.function) || '(anonymous)', object: text(native.object) } : null,
  };
}

/**
 * The values of these keys if they are numbers; null otherwise.
 * @template {string} Name
 * @param {any} value
 * @param {Name[]} names
 */
const numbersOf = (value, names) =>
  /** @type {{ [Key in Name]: number | null }} */ (
    Object.fromEntries(names.map((name) => [name, number(value?.[name])]))
  );

/** The report on growth. `why` and `lastedMs` are for ended growth, `keptBytes` for a pause. */
function leak(value) {
  const { event, reason, why, detector, kind, state, suspect: first } = value ?? {};
  return {
    event: text(event),
    ...numbersOf(value, ['time', 'start', 'growth', 'bytesPerHour', 'keptBytes', 'lastedMs']),
    reason: sentences(reason) ?? '',
    why: text(why),
    detector: text(detector),
    kind: text(kind),
    state: text(state),
    suspect: first ? suspect(first) : null,
  };
}

const STATES = ['ok', 'suspected', 'confirmed', 'paused', 'cleared'];

function detectorState(value) {
  const { state, kind, limit: first, reason } = value ?? {};
  return {
    state: STATES.includes(state) ? state : 'ok',
    kind: text(kind),
    // Which limit that is.
    limit: first ? { kind: text(first.kind), ...numbersOf(first, ['bytes', 'used']) } : null,
    reason: sentences(reason),
    wasConfirmed: value?.wasConfirmed === true,
    ...numbersOf(value, ['confidence', 'bytesPerHour', 'limitEta', 'keptBytes', 'nativeBytes']),
    // What of native memory grows, and what helps.
    nativeCause: text(value?.nativeCause),
    cause: text(value?.cause),
    advice: text(value?.advice),
    // Where the growth began and where it is, in time and bytes, and by how many samples.
    ...numbersOf(value, ['start', 'end', 'base', 'current', 'samples']),
    suspects: list(value?.suspects, 5).map(suspect),
  };
}

/** A tree of frames in as many nodes as are allowed, without recursion. */
function flame(value) {
  if (typeof value !== 'object' || value === null) return null;
  const copy = (node) => ({
    name: text(node.name) ?? '',
    at: text(node.at) ?? '',
    bytes: number(node.bytes) ?? 0,
    children: [],
  });
  const root = copy(value);
  const queue = [[value, root]];
  let nodes = 1;
  for (let i = 0; i < queue.length; i++) {
    const [from, to] = queue[i];
    for (const child of list(from.children)) {
      if (nodes++ >= MOST_FRAMES) return root;
      to.children.push(copy(child));
      queue.push([child, to.children.at(-1)]);
    }
  }
  return root;
}

function sites(value) {
  return {
    time: number(value?.time),
    // Not, where it is what the last suspicion found.
    isLive: value?.isLive !== false,
    sampling: ['own', 'other'].includes(value?.sampling) ? value.sampling : false,
    why: text(value?.why),
    suspects: list(value?.suspects, 30).map(suspect),
    flame: flame(value?.flame),
  };
}

const DIFF_STATES = ['none', 'beginning', 'open', 'ending', 'done'];

function diff(value) {
  const row = ({ what, path, bytes, came, went }) => ({
    what: text(what) ?? '',
    path: text(path),
    bytes: number(bytes) ?? 0,
    came: number(came) ?? 0,
    went: number(went) ?? 0,
  });
  const rows = (from) => list(from).map((entry) => row(entry ?? {}));
  return {
    state: DIFF_STATES.includes(value?.state) ? value.state : 'none',
    stage: text(value?.stage),
    start: number(value?.start),
    end: number(value?.end),
    bytes: number(value?.bytes),
    before: number(value?.before),
    after: number(value?.after),
    pauseMs: number(value?.pauseMs),
    error: text(value?.error),
    rows: rows(value?.rows),
    keepers: rows(value?.keepers),
  };
}

const SNAPSHOT_STATES = ['running', 'done', 'failed', 'withdrawn'];

/** A snapshot that is being taken or was, with the state of its analysis, which is made elsewhere. */
function snapshot(value, analysis = null) {
  return {
    number: number(value?.number) ?? 0,
    state: SNAPSHOT_STATES.includes(value?.state) ? value.state : 'running',
    trigger: text(value?.trigger),
    stage: text(value?.stage),
    began: number(value?.began),
    ended: number(value?.ended),
    file: path(value?.file),
    bytes: number(value?.bytes),
    pauseMs: number(value?.pauseMs),
    error: text(value?.error),
    analysis,
  };
}

function meta(value) {
  const actions = Object.entries(value?.actions ?? {}).slice(0, 10);
  return {
    name: text(value?.name) ?? 'program',
    pid: number(value?.pid),
    thread: number(value?.thread) ?? 0,
    node: text(value?.node),
    start: number(value?.start),
    limit: number(value?.limit),
    // Why an action is unavailable, or null if it is available.
    actions: Object.fromEntries(actions.map(([name, why]) => [text(name), text(why)])),
  };
}

/** How the messages that replace a whole are read. */
const WHOLES = { meta, detectorState, sites, diff };

class Record {
  #placed;

  /** @param {number} id @param {(site: any) => any} placed  names a site's source */
  constructor(id, placed = (site) => site) {
    this.id = id;
    this.#placed = placed;
    this.isLive = true;
    this.ended = null;
    this.meta = meta(null);
    this.detectorState = detectorState(null);
    this.sites = sites(null);
    this.diff = diff(null);
    this.leaks = [];
    this.snapshots = [];
    this.raw = new Series(RAW);
    this.gc = new Series(GC);
    this.native = new Series(NATIVE);
  }

  /**
   * Takes one message of the agent.
   * @returns {object | null}  the same, sanitised, for viewers; null if it is invalid
   */
  apply({ type, value } = /** @type {{ type?: string, value?: any }} */ ({})) {
    if (type === 'raw' || type === 'gc') {
      // A late row would follow newer ones.
      if (!isRow(value, this[type].names.length) || value[0] <= this[type].last) return null;
      this[type].push(value);
      return { type, value };
    }
    if (type === 'native') {
      const row = withUnknown(value);
      if (!isPartlyKnown(row, this.native.names.length) || row[0] <= this.native.last) return null;
      this.native.push(row);
      return { type, value };
    }
    if (type === 'leak') {
      const said = leak(value);
      if (said.suspect !== null) said.suspect = this.#placed(said.suspect);
      this.leaks.push(said);
      if (this.leaks.length > MOST_LEAKS) this.leaks.shift();
      return { type, value: this.leaks.at(-1) };
    }
    if (type === 'snapshot') {
      const known = this.snapshots.find(({ number: other }) => other === value?.number);
      return this.#keep(snapshot(value, known?.analysis));
    }
    if (type === 'ended') {
      this.isLive = false;
      this.ended = Number.isFinite(value) ? value : null;
      // Pending work ended with it.
      if (['beginning', 'open', 'ending'].includes(this.diff.state)) this.diff = diff(null);
      for (const taken of this.snapshots) if (taken.state === 'running') taken.state = 'failed';
      return { type, value: this.ended };
    }
    if (type === undefined || !Object.hasOwn(WHOLES, type)) return null;
    const whole = WHOLES[type](value);
    if ('suspects' in whole) whole.suspects = whole.suspects.map(this.#placed);
    this[type] = whole;
    return { type, value: whole };
  }

  /** Replaces the entry of a snapshot. */
  #keep(taken) {
    const others = this.snapshots.filter(({ number: other }) => other !== taken.number);
    // Instead of it the dashboard asks whether the program may be stopped.
    this.snapshots = taken.state === 'withdrawn' ? others : [...others, taken].slice(-MOST_SNAPSHOTS);
    return { type: 'snapshot', value: taken };
  }

  /** What became of the analysis of a snapshot. @returns {object | null} the message for those who look on */
  noteAnalysis(number, analysis) {
    const taken = this.snapshots.find(({ number: other }) => other === number);
    return taken === undefined ? null : this.#keep({ ...taken, analysis });
  }

  /** The short data: a viewer gets that of all programs together. */
  summary() {
    const { id, isLive, ended, detectorState, diff, leaks, snapshots } = this;
    const { flame: _, ...sites } = this.sites;
    const spark = this.gc.columns(SPARK_ROWS)[1];
    const latest = { raw: this.raw.columns(1).flat(), gc: this.gc.columns(1).flat() };
    return { id, isLive, ended, meta: this.meta, detectorState, sites, diff, leaks, snapshots, spark, latest };
  }

  /** The long data, for viewers of this program. */
  history() {
    const { raw, gc, native, sites } = this;
    return {
      raw: { names: raw.names, columns: raw.columns() },
      gc: { names: gc.names, columns: gc.columns() },
      native: { names: native.names, columns: native.columns() },
      flame: sites.flame,
    };
  }
}

module.exports = { Record };
