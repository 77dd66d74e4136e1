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

const number = (value) => (Number.isFinite(value) ? value : undefined);
const list = (value) => (Array.isArray(value) ? value : []);
const text = (value, most = MOST_TEXT) =>
  value === null || value === undefined ? undefined : `${value}`.slice(0, most);

// Of the rows of lib/dashboard/record.js.
function readRaw(program, row) {
  return Object.assign(program, { rss: number(list(row)[5]) });
}
function readGc(program, row) {
  const [, , pause, full] = list(row);
  return Object.assign(program, { pause: number(pause), full: number(full) });
}
const readMeta = (value) => ({
  name: text(value?.name) ?? 'program',
  pid: number(value?.pid),
  thread: number(value?.thread),
});
const readSuspect = (value) => ({
  function: text(value?.function) || '(anonymous)',
  file: text(value?.file, MOST_PATH) ?? null,
  line: number(value?.line) ?? null,
  share: number(value?.share),
  labels: readLabels(value?.labels),
});
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
const readSnapshot = (value) => ({
  state: text(value?.state),
  stage: text(value?.stage),
  bytes: number(value?.bytes),
  file: text(value?.file, MOST_PATH),
  error: text(value?.error),
});
const READ = { meta: readMeta, detectorState: readState, snapshot: readSnapshot };

function programOf(summary) {
  const { id, isLive, meta, detectorState, spark, latest, snapshots } = summary ?? {};
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
  #all = new Map();

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
    else if (Object.hasOwn(READ, type)) program[type] = READ[type](value);
  }

  list() {
    return [...this.#all.values()];
  }
}

module.exports = { Programs };
