'use strict';
// The watched programs and the viewers: stores the messages of agents in records and passes
// them to viewers. It knows neither HTTP nor sockets.

const { withCode } = require('../errors.js');
const { Record } = require('./record.js');

// Of a program that restarts, or makes many processes: those that ended are forgotten first, so
// that none of them takes the place of one that lives.
const MOST_RECORDS = 64;
const MOST_ENDED = 12;

/** The callback of one viewer. @typedef {(message: {type: string, id: number, value: unknown}) => void} Listener */

/** Whether it has leaked, the reason to open a report. */
const hasLeaked = ({ detectorState: { state } }) => state === 'confirmed' || state === 'paused';

class Hub {
  #records = new Map();
  #connections = new Map();
  /** @type {Set<Listener>} */
  #viewers = new Set();
  #next = 1;
  #placed;

  /** @param {{ placed?: (site: any) => any }} [how]  `placed` names a site's source, where this is not the program's process */
  constructor({ placed } = {}) {
    this.#placed = placed;
  }

  /**
   * A new thread of a program.
   * @param {{act: (action: string, how?: object) => Promise<unknown>, watch: (isWatched: boolean) => void}} agent
   * @param {object} first  its first message, which says what it is
   * @returns {{id: number, tell: (message: object) => void, end: () => void} | null}  null where there are too many
   */
  join(agent, first) {
    if (this.#connections.size >= MOST_RECORDS) return null;
    this.#forget(MOST_RECORDS - 1 - this.#connections.size);
    const record = new Record(this.#next++, this.#placed);
    record.apply(first);
    this.#records.set(record.id, record);
    this.#connections.set(record.id, agent);
    this.#pass({ type: 'joined', id: record.id, value: record.summary() });
    if (this.#viewers.size > 0) agent.watch(true);
    return {
      id: record.id,
      tell: (message) => this.#tell(record, message),
      end: () => {
        this.#connections.delete(record.id);
        this.#tell(record, { type: 'ended', value: Date.now() });
        this.#forget(MOST_ENDED);
      },
    };
  }

  #tell(record, message) {
    const clean = record.apply(message);
    if (clean !== null) this.#pass({ id: record.id, ...clean });
  }

  /** Removes the oldest ended ones beyond the limit, those that leaked last. */
  #forget(most) {
    const all = [...this.#records.values()].filter(({ isLive }) => !isLive);
    const ended = [...all.filter((record) => !hasLeaked(record)), ...all.filter(hasLeaked)];
    for (const { id } of ended.slice(0, Math.max(0, ended.length - most))) {
      this.#records.delete(id);
      this.#pass({ type: 'left', id, value: null });
    }
  }

  #pass(message) {
    for (const viewer of this.#viewers) viewer(message);
  }

  /** @param {Listener} viewer @returns {() => void} stops it */
  look(viewer) {
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1) this.#watch(true);
    return () => {
      if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#watch(false);
    };
  }

  #watch(isWatched) {
    for (const agent of this.#connections.values()) agent.watch(isWatched);
  }

  get viewers() {
    return this.#viewers.size;
  }

  records() {
    return [...this.#records.values()];
  }

  record(id) {
    return this.#records.get(id);
  }

  /** What became of the analysis of a program's snapshot. */
  noteAnalysis(id, number, analysis) {
    const message = this.#records.get(id)?.noteAnalysis(number, analysis);
    if (message) this.#pass({ id, ...message });
  }

  /** Has a program do something. @param {object} [how]  what it needs to know for it @returns {Promise<unknown>} */
  async act(id, action, how) {
    const agent = this.#connections.get(id);
    if (agent === undefined) throw withCode(new Error('That program is no longer running.'), 'ERR_MEMWATCH_USAGE');
    return agent.act(action, how);
  }
}

module.exports = { Hub, MOST_RECORDS };
