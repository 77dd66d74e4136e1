'use strict';
// What `memwatch top` knows of each program, from the messages of its dashboard. It trusts nothing that it is sent, and
// prints nothing.

const { readLabels } = require('../label-words.js');

const SPARK_VALUES = 60;

// Whatever answers at an address is not trusted: it may send anything, and without end.
const MOST_PROGRAMS = 1000;
const MOST_TEXT = 300;
const MOST_PATH = 4096;
const MOST_SUSPECTS = 5;

/** @param {any} value @returns {number | undefined} */
const number = (value) => (Number.isFinite(value) ? value : undefined);
/** @param {any} value @returns {any[]} */
const list = (value) => (Array.isArray(value) ? value : []);
/** @param {any} value @param {number} [most] */
const text = (value, most = MOST_TEXT) =>
  value === null || value === undefined ? undefined : `${value}`.slice(0, most);

/**
 * One program.
 * @typedef {object} Program
 * @property {unknown} id
 * @property {boolean} isLive
 * @property {ReturnType<typeof readMeta>} meta
 * @property {ReturnType<typeof readState>} detectorState
 * @property {number[]} spark
 * @property {ReturnType<typeof readSnapshot> | undefined} snapshot
 * @property {number} [rss]
 * @property {number} [pause]
 * @property {number} [full]
 */

// Of the rows of lib/dashboard/record.js.
/** @param {Program} program @param {unknown} row @returns {Program} */
function readRaw(program, row) {
  return Object.assign(program, { rss: number(list(row)[5]) });
}
/** @param {Program} program @param {unknown} row @returns {Program} */
function readGc(program, row) {
  const [, , pause, full] = list(row);
  return Object.assign(program, { pause: number(pause), full: number(full) });
}
/** @param {any} value */
const readMeta = (value) => ({
  name: text(value?.name) ?? 'program',
  pid: number(value?.pid),
  thread: number(value?.thread),
});
/** @param {any} value */
const readSuspect = (value) => ({
  function: text(value?.function) || '(anonymous)',
  file: text(value?.file, MOST_PATH) ?? null,
  line: number(value?.line) ?? null,
  share: number(value?.share),
  labels: readLabels(value?.labels),
});
/** @param {any} value */
const readState = (value) => ({
  state: `${value?.state}`,
  kind: text(value?.kind),
  reason: text(value?.reason),
  bytesPerHour: number(value?.bytesPerHour),
  limitEta: number(value?.limitEta),
  keptBytes: number(value?.keptBytes),
  start: number(value?.start),
  end: number(value?.end),
  suspects: list(value?.suspects).slice(0, MOST_SUSPECTS).map(readSuspect),
});
/** @param {any} value */
const readSnapshot = (value) => ({
  state: text(value?.state),
  stage: text(value?.stage),
  bytes: number(value?.bytes),
  file: text(value?.file, MOST_PATH),
  error: text(value?.error),
});
/** What replaces a whole. @type {Record<string, (value: any) => object>} */
const READ = { meta: readMeta, detectorState: readState, snapshot: readSnapshot };

/** @param {any} summary */
function programOf(summary) {
  const { id, isLive, meta, detectorState, spark, latest, snapshots } = summary ?? {};
  /** @type {Program} */
  const program = {
    id,
    isLive: isLive === true,
    meta: readMeta(meta),
    detectorState: readState(detectorState),
    spark: list(spark).filter(Number.isFinite).slice(-SPARK_VALUES),
    snapshot: list(snapshots).length > 0 ? readSnapshot(snapshots.at(-1)) : undefined,
  };
  return readGc(readRaw(program, latest?.raw), latest?.gc);
}

class Programs {
  /** @type {Map<unknown, Program>} */
  #all = new Map();

  /** @param {{ type: string, id: unknown, value: any }} message */
  apply({ type, id, value }) {
    if (type === 'all') {
      this.#all = new Map(
        list(value)
          .slice(0, MOST_PROGRAMS)
          .map((summary) => [summary?.id, programOf(summary)]),
      );
      return;
    }
    if (type === 'joined' && this.#all.size < MOST_PROGRAMS) this.#all.set(id, programOf({ ...value, id }));
    const program = this.#all.get(id);
    if (program === undefined) return;
    if (type === 'left') this.#all.delete(id);
    else if (type === 'raw') readRaw(program, value);
    else if (type === 'gc') {
      program.spark = [...program.spark, list(value)[1]].filter(Number.isFinite).slice(-SPARK_VALUES);
      readGc(program, value);
    } else if (type === 'ended') program.isLive = false;
    else if (Object.hasOwn(READ, type)) Object.assign(program, { [type]: READ[type](value) });
  }

  list() {
    return [...this.#all.values()];
  }
}

module.exports = { Programs };
