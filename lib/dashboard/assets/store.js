'use strict';
// The data of each program on the page, and how messages change it. Draws nothing and requests
// nothing: a callback gets the changed record and part.

((page) => {
  // Rows of a chart: far more than it has pixels. Of older ones every second is left out then.
  const MOST_ROWS = 30_000;
  const SPARK_ROWS = 60;
  const MOST_LEAKS = 50;
  const MOST_SNAPSHOTS = 10;

  /** Of a program whose history has none, as one of an older memwatch. */
  const NO_ROWS = () => ({ names: ['time'], columns: [[]] });

  const SEVERITY = { suspected: 1, paused: 2, confirmed: 3 };

  /** Adds a row to columns, in their order; one that is there already is not added again. */
  function append(columns, row) {
    const last = columns[0].at(-1);
    if (last !== undefined && row[0] <= last) return;
    columns.forEach((column, i) => column.push(row[i]));
    if (columns[0].length <= MOST_ROWS) return;
    const half = columns[0].length >> 1;
    for (const column of columns) {
      const thinned = column.filter((_, i) => i >= half || i % 2 === 0);
      column.length = 0;
      for (const value of thinned) column.push(value);
    }
  }

  class Store {
    records = new Map();
    selected = null;
    /** Is called when there are other records than before. */
    onNew = () => {};
    #changed;
    #isChosen = false;

    /** @param {(what: string, id: number) => void} changed */
    constructor(changed) {
      this.#changed = changed;
    }

    get record() {
      return this.records.get(this.selected) ?? null;
    }

    /** @param {{type: string, id: number, value: any}} message */
    apply({ type, id, value }) {
      if (type === 'all') return this.#replace(value);
      if (type === 'joined') return this.#join(value);
      const record = this.records.get(id);
      if (record === undefined) return undefined;
      if (type === 'left') this.#leave(id);
      else if (type === 'raw' || type === 'gc' || type === 'native') this.#row(record, type, value);
      else if (type === 'leak') record.leaks = [...record.leaks, value].slice(-MOST_LEAKS);
      else if (type === 'snapshot') this.#keep(record, value);
      else if (type === 'ended') this.#end(record, value);
      else record[type] = value;
      // They are newer than those of a history that is on its way.
      if (type === 'sites') record.waiting?.push([type, value]);
      // A leak is shown unless the user has chosen a program.
      if (
        type === 'detectorState' &&
        !this.#isChosen &&
        SEVERITY[value.state] > (SEVERITY[this.record?.detectorState.state] ?? 0)
      ) {
        this.selected = id;
        return this.#changed('selected', id);
      }
      return this.#changed(type, id);
    }

    #replace(summaries) {
      const before = this.records;
      this.records = new Map(summaries.map((summary) => [summary.id, { ...summary, waiting: null, history: null }]));
      // Unchanged programs keep their data until their history has been reloaded.
      for (const record of this.records.values()) {
        const known = before.get(record.id);
        if (known?.meta.pid !== record.meta.pid) continue;
        record.history = known.history;
        record.sites = { ...record.sites, flame: known.sites?.flame };
      }
      if (!this.records.has(this.selected)) this.selected = this.#best(before.get(this.selected));
      this.#changed('all', this.selected);
      this.onNew();
    }

    #join(summary) {
      const record = { ...summary, waiting: null, history: null };
      this.records.set(record.id, record);
      const shown = this.record;
      // The program was restarted: continue with the new one.
      if (shown === null || (!shown.isLive && record.meta.thread === 0)) this.selected = record.id;
      this.#changed('joined', record.id);
      this.onNew();
    }

    /** Replaces the entry of a snapshot. */
    #keep(record, taken) {
      const others = (record.snapshots ?? []).filter(({ number }) => number !== taken.number);
      record.snapshots = taken.state === 'withdrawn' ? others : [...others, taken].slice(-MOST_SNAPSHOTS);
    }

    /** Pending work ended with it. */
    #end(record, ended) {
      const snapshots = (record.snapshots ?? []).map((taken) =>
        taken.state === 'running' ? { ...taken, state: 'failed' } : taken,
      );
      const diff = record.diff?.state === 'done' ? record.diff : { ...record.diff, state: 'none' };
      Object.assign(record, { isLive: false, ended, snapshots, diff });
    }

    #leave(id) {
      this.records.delete(id);
      if (this.selected === id) this.selected = this.#best();
    }

    /** The program to show by default: running ones, then by state, then the one shown before, then a main thread. */
    #best(like) {
      const rank = ({ isLive, detectorState, meta }) => [
        isLive,
        SEVERITY[detectorState?.state] ?? 0,
        meta.name === like?.meta.name,
        meta.thread === 0,
      ];
      const worse = (one, other) => {
        const ranks = rank(other);
        const at = rank(one).findIndex((value, i) => value !== ranks[i]);
        return at >= 0 && rank(one)[at] > ranks[at];
      };
      const all = [...this.records.values()];
      return all.reduce((best, record) => (best === null || worse(record, best) ? record : best), null)?.id ?? null;
    }

    #row(record, type, row) {
      record.latest = { ...record.latest, [type]: row };
      if (type === 'gc') record.spark = [...(record.spark ?? []), row[1]].slice(-SPARK_ROWS);
      if (record.history) append(record.history[type].columns, row);
      record.waiting?.push([type, row]);
    }

    /**
     * The history of a program is requested: messages from now on are kept until it has arrived.
     * @returns {(history: object | null) => void}  takes it, or null where it does not come
     */
    expectHistory(id) {
      const record = this.records.get(id);
      record.waiting = [];
      return (history) => {
        // If the stream was reopened meanwhile, another one has been requested.
        if (this.records.get(id) !== record) return;
        if (history) this.setHistory(id, history);
        else record.waiting = null;
      };
    }

    /** The history of a program; messages received meanwhile are appended. */
    setHistory(id, { raw, gc, native = NO_ROWS(), flame = null }) {
      const record = this.records.get(id);
      if (record === undefined) return;
      const { waiting } = record;
      record.history = { raw, gc, native };
      record.sites = { ...record.sites, flame };
      record.waiting = null;
      for (const [type, value] of waiting ?? []) {
        if (type === 'sites') record.sites = value;
        else append(record.history[type].columns, value);
      }
      this.#changed('history', id);
    }

    select(id) {
      if (!this.records.has(id)) return;
      this.#isChosen = true;
      this.selected = id;
      this.#changed('selected', id);
    }
  }

  page.store = { Store, SEVERITY, append };
})((globalThis.memwatchPage ??= {}));
