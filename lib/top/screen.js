'use strict';
// What `memwatch top` shows in a terminal, and what its keys do: a table in an order, one program opened, a snapshot.
// Text only: reads no key, draws nothing, and sends no request.

const { bytes, duration, mebibytes } = require('../format.js');
const { withLabel } = require('../label-words.js');
const { threadInWords } = require('../leak-words.js');
const { placeOf } = require('../places.js');
const { printable } = require('../printable.js');
const { notes, sparkline, table } = require('./table.js');

const RANKS = ['cleared', 'ok', 'suspected', 'paused', 'confirmed'];

/** The sort orders by name: the compared value of each, the largest first. */
const ORDERS = {
  leak: ({ detectorState }) => RANKS.indexOf(detectorState.state),
  heap: ({ spark }) => spark.at(-1) ?? -1,
  growth: ({ detectorState }) => detectorState.bytesPerHour ?? -Infinity,
  rss: ({ rss }) => rss ?? -1,
};
const NAMES = Object.keys(ORDERS);

const REVERSED = '\x1b[7m';
const PLAIN = '\x1b[27m';

const LIST_KEYS = (order) => `↑↓ select  Enter open  o order: ${order}  s snapshot  q quit`;
const OPEN_KEYS = 'Esc back  s snapshot  q quit';

const WIDEST_SPARK = 60;

/** What stopping a program costs, as a question. */
function question(name, { why, leastMs, mostMs, memoryBytes }) {
  const [least, most] = [leastMs, mostMs].map((ms) => Math.round(ms / 1000));
  const time = least === most ? `about ${least} s` : `${least} to ${most} s`;
  return `${name} cannot be forked (${why}): stop it for ${time}, and take ${mebibytes(memoryBytes)} more? y / n`;
}

class Screen {
  #programs;
  #act;
  #order = 0;
  #selected = 0;
  /** The one that is opened. @type {number | null} */
  #opened = null;
  /** The one of which a snapshot waits for a yes. @type {number | null} */
  #asked = null;
  #note = '';

  /**
   * @param {{ list: () => any[] }} programs
   * @param {(id: number, action: string) => Promise<any>} act
   */
  constructor(programs, act) {
    this.#programs = programs;
    this.#act = act;
  }

  /** All of them, those that stand first first. */
  #rows() {
    const rank = ORDERS[NAMES[this.#order]];
    const rows = this.#programs.list();
    // Of two that are the same, the one that was there first.
    return rows
      .map((program, at) => ({ program, at }))
      .sort((a, b) => rank(b.program) - rank(a.program) || a.at - b.at)
      .map(({ program }) => program);
  }

  #current() {
    const rows = this.#rows();
    if (this.#opened !== null) return rows.find(({ id }) => id === this.#opened);
    return rows[Math.min(this.#selected, rows.length - 1)];
  }

  /** @param {string} key  as lib/top/keys.js names it */
  press(key) {
    if (this.#asked !== null) {
      const id = this.#asked;
      this.#asked = null;
      this.#note = '';
      if (key === 'y') this.#snapshot(id, 'snapshot-stopped');
      return;
    }
    const last = this.#programs.list().length - 1;
    if (key === 'up') this.#selected = Math.max(0, Math.min(this.#selected, last) - 1);
    else if (key === 'down') this.#selected = Math.max(0, Math.min(this.#selected + 1, last));
    else if (key === 'enter') this.#opened = this.#current()?.id ?? null;
    else if (key === 'back') this.#opened = null;
    else if (key === 'o') this.#order = (this.#order + 1) % NAMES.length;
    else if (key === 's' && this.#current() !== undefined) this.#snapshot(this.#current().id, 'snapshot');
  }

  async #snapshot(id, action) {
    const program = this.#programs.list().find((one) => one.id === id);
    if (program === undefined) return;
    const name = printable(threadInWords(program.meta));
    this.#note = `taking a snapshot of ${name}`;
    try {
      const answer = await this.#act(id, action);
      if (answer?.mustStop) {
        this.#asked = id;
        this.#note = question(name, answer.mustStop);
      } else {
        this.#note = `wrote ${answer?.file}`;
      }
    } catch (error) {
      this.#note = `no snapshot of ${name}: ${error.message}`;
    }
  }

  /** The progress of a running snapshot, or else the last message. */
  #news() {
    const running = this.#programs.list().find(({ snapshot }) => snapshot?.state === 'running');
    if (running === undefined || !this.#note.startsWith('taking')) return this.#note;
    const { stage, bytes: done } = running.snapshot;
    return `${this.#note}: ${stage ?? 'running'}${done > 0 ? `, ${bytes(done)}` : ''}`;
  }

  /**
   * @param {{ width: number, height?: number, now: number }} how
   * @returns {string[]} lines, none longer than the terminal is wide
   */
  lines({ width, height = Infinity, now }) {
    const rows = this.#rows();
    const opened = this.#opened === null ? undefined : this.#current();
    const foot = ['', printable(this.#news()), opened ? OPEN_KEYS : LIST_KEYS(NAMES[this.#order])];
    const shown = opened ? this.#details(opened, width, now) : this.#list(rows, width, now);
    const cut = (line) => [...line].slice(0, width).join('');
    return [...shown.slice(0, Math.max(1, height - foot.length)), ...foot.map(cut)];
  }

  #list(rows, width, now) {
    const lines = table(rows, { width, now });
    const at = 1 + Math.min(this.#selected, rows.length - 1);
    if (rows.length > 0) lines[at] = `${REVERSED}${lines[at]}${PLAIN}`;
    return [...lines, ...notes(rows, width)];
  }

  #details(program, width, now) {
    const { meta, detectorState, spark, snapshot } = program;
    const sites = detectorState.suspects ?? [];
    const kept = detectorState.keptBytes > 0 ? [`still in use: ${bytes(detectorState.keptBytes)}`] : [];
    const took =
      detectorState.end > detectorState.start ? [`for ${duration(detectorState.end - detectorState.start)}`] : [];
    const range =
      spark.length > 0 ? `${bytes(Math.min(...spark))} to ${bytes(Math.max(...spark))}` : 'no full collection yet';
    const lines = [
      threadInWords(meta),
      [
        detectorState.reason ?? (detectorState.state === 'ok' ? 'no leak seen' : detectorState.state),
        ...took,
        ...kept,
      ].join('; '),
      '',
      ...table([program], { width, now }),
      '',
      `heap after each full collection: ${range}`,
      `  ${sparkline(spark, Math.min(width - 2, WIDEST_SPARK))}`,
      ...(sites.length > 0 ? ['', 'allocation sites'] : []),
      ...sites.map(
        (site) => `  ${placeOf(site)}${site.share > 0 ? `  ${Math.round(site.share * 100)} %` : ''}${withLabel(site)}`,
      ),
      ...(snapshot?.file ? ['', `last snapshot: ${snapshot.file}`, `  npx memwatch analyze ${snapshot.file}`] : []),
    ];
    return lines.map((line) => [...printable(line)].slice(0, width).join(''));
  }
}

module.exports = { Screen };
