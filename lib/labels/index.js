'use strict';
// The work of the program while it allocates: memwatch.label(), and a label for each route of its HTTP servers. Only
// while the sampler runs for memwatch (see lib/sites.js): otherwise label() calls the function, and nothing is patched.
// The addon decides the label of a suspect.

const { A_FUNCTION, A_NAME, check } = require('../options.js');
const { HttpLabels } = require('./http.js');
const { cleanName } = require('./routes.js');
const { trampoline } = require('./trampoline.js');

// More do not help a person, and each is a function that V8 keeps.
const MOST_LABELS = 200;

// As crates/detector has it: a route that is not known yet, and labels beyond the most. The second is not named, so what
// has it is not known; but functions that it runs are not of another label alone.
const NO_LABEL = 0;
const OTHER = 1;

// What a request runs as that was not drawn (draw.js).
const NOT_DRAWN = 2 ** 32 - 2;

// Functions are created again for each call, and a call into the addon costs a microsecond: the function of this many
// first calls of a label is noted, then of one call in this many.
const NOTED_AT_FIRST = 20;
const NOTED_LATER = 64;

/** A label that work is run as. @typedef {{ readonly id: number, call: import('./trampoline.js').Trampoline | null, calls: number }} Run */

class Labels {
  #sites;
  /** @type {Map<string, Run>} */
  #tasks = new Map();
  /** @type {Map<number, Run>} */
  #runs = new Map([NO_LABEL, OTHER].map((id) => [id, { id, call: null, calls: 0 }]));
  /** @type {Run} */
  notDrawn = { id: NOT_DRAWN, call: null, calls: 0 };
  #count = 0;
  #http = new HttpLabels(this);
  /** What runs now. @type {Run | null} */
  #current = null;
  isOn = false;

  /** @param {import('../types.js').Sites} sites */
  constructor(sites) {
    this.#sites = sites;
  }

  begin() {
    this.isOn = true;
    this.#http.begin();
  }

  end() {
    this.isOn = false;
    this.#http.end();
  }

  /** From time to time, while they are on. */
  tend() {
    if (this.isOn) this.#http.find();
  }

  /** @param {string} name @param {boolean} isRoute @returns {Run | null} */
  #new(name, isRoute) {
    if (this.#count >= MOST_LABELS) return null;
    this.#count++;
    const id = this.#sites.newLabel();
    this.#sites.nameLabel(id, name, isRoute);
    const run = { id, call: null, calls: 0 };
    this.#runs.set(id, run);
    return run;
  }

  /** @param {string} name */
  newRoute(name) {
    return this.#new(name, true)?.id ?? null;
  }

  /** @param {number} id @param {string} name */
  rename(id, name) {
    this.#sites.nameLabel(id, name, true);
  }

  /** @param {unknown} work @param {number} id */
  noteWork(work, id) {
    if (typeof work === 'function') this.#sites.noteWork(work, id);
  }

  /** @param {{ id: number } | 'new' | 'other'} route @returns {Run} */
  runOf(route) {
    const id = typeof route === 'object' ? route.id : route === 'new' ? NO_LABEL : OTHER;
    return /** @type {Run} */ (this.#runs.get(id));
  }

  /**
   * Calls a function as the work of a label.
   * @param {Run} run
   * @param {Function} work
   * @param {unknown} self
   * @param {ArrayLike<any>} args
   */
  run(run, work, self, args) {
    const around = this.#current;
    // Its frame is on the stack already.
    if (around === run) return Reflect.apply(work, self, args);
    run.call ??= trampoline(run.id);
    this.#current = run;
    try {
      return run.call(Reflect.apply, work, self, args);
    } finally {
      this.#current = around;
    }
  }

  /** @param {string} name @param {Function} work @param {unknown} self */
  runTask(name, work, self) {
    const run = this.#tasks.get(name) ?? this.#newTask(name);
    if (run.calls++ < NOTED_AT_FIRST || run.calls % NOTED_LATER === 0) this.noteWork(work, run.id);
    return this.run(run, work, self, []);
  }

  /** @param {string} name */
  #newTask(name) {
    const run = this.#new(cleanName(name), false) ?? this.runOf('other');
    if (run.id !== OTHER) this.#tasks.set(name, run);
    return run;
  }
}

/**
 * memwatch.label(): calls a function, and returns or throws what that does.
 * @param {Labels} labels
 * @param {object} memwatch  which is no `this` for anybody
 */
const labelOf = (labels, memwatch) =>
  /**
   * @this {unknown}
   * @template T
   * @param {string} name
   * @param {() => T} work
   * @returns {T}
   */
  function label(name, work) {
    if (typeof name !== 'string' || name === '' || typeof work !== 'function') {
      check('The name of memwatch.label()', name, A_NAME);
      check('The function of memwatch.label()', work, A_FUNCTION);
    }
    const self = this === memwatch ? undefined : this;
    return labels.isOn ? labels.runTask(name, work, self) : Reflect.apply(work, self, []);
  };

module.exports = { Labels, labelOf };
