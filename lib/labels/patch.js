'use strict';
// A method of a prototype, replaced for some time. What others put around it or in its place meanwhile stays theirs.

const { instead } = require('../lifetime.js');

/** @typedef {(original: Function, self: any, args: unknown[]) => any} Around */

class Patch {
  #prototype;
  #name;
  #around;
  #isOn = false;
  /** What stands, or stood, in the prototype. @type {Function | null} */
  #own = null;
  /** Somebody has put theirs around ours, which cannot be taken out any more: it passes all calls on. */
  #isLeft = false;
  /** @type {PropertyDescriptor | undefined} */
  #before;

  /**
   * @param {any} prototype
   * @param {string} name
   * @param {Around} around  calls the original
   */
  constructor(prototype, name, around) {
    this.#prototype = prototype;
    this.#name = name;
    this.#around = around;
  }

  /** What our method does: Node's prototypes outlive a loading of memwatch, and must not keep it. @type {Around} */
  #call = (original, self, args) =>
    this.#isOn ? this.#around(original, self, args) : Reflect.apply(original, self, args);

  begin() {
    if (this.#isOn) return;
    this.#isOn = true;
    if (this.#isLeft) return;
    const original = this.#prototype[this.#name];
    this.#before = Object.getOwnPropertyDescriptor(this.#prototype, this.#name);
    // A property that cannot be changed, or is no function, is not for us.
    if (typeof original !== 'function' || this.#before?.configurable === false) return;
    this.#own = instead(this.#name, original, this.#call);
    Object.defineProperty(this.#prototype, this.#name, {
      ...{ value: this.#own, configurable: true, writable: true },
      enumerable: this.#before?.enumerable ?? false,
    });
  }

  end() {
    if (!this.#isOn) return;
    this.#isOn = false;
    if (this.#own === null) return;
    const now = Object.getOwnPropertyDescriptor(this.#prototype, this.#name);
    this.#isLeft = now?.value !== this.#own;
    if (this.#isLeft) return;
    if (this.#before === undefined) delete this.#prototype[this.#name];
    else Object.defineProperty(this.#prototype, this.#name, this.#before);
    this.#own = null;
  }
}

module.exports = { Patch };
