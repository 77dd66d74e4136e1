'use strict';
// A method of a prototype, replaced for some time. What others put around it or in its place meanwhile stays theirs.

const { instead, sharedOf } = require('../lifetime.js');

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
  #call = (original, self, args) => this.#around(original, self, args);

  begin() {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#own = this.#isLeft ? this.#own : this.#put();
    sharedOf(this.#own)?.add(this.#call);
  }

  /** The method in the prototype that is memwatch's, of this loading or another. */
  #put() {
    const original = this.#prototype[this.#name];
    if (sharedOf(original) !== undefined) return original;
    const before = Object.getOwnPropertyDescriptor(this.#prototype, this.#name);
    // A property that cannot be changed, or is not a function, is not patched.
    if (typeof original !== 'function' || before?.configurable === false) return null;
    const own = instead(this.#name, original, before);
    const enumerable = before?.enumerable ?? false;
    const isPut = Reflect.defineProperty(this.#prototype, this.#name, {
      ...{ value: own, configurable: true, writable: true, enumerable },
    });
    return isPut ? own : null;
  }

  end() {
    if (!this.#isOn) return;
    this.#isOn = false;
    const shared = sharedOf(this.#own);
    if (shared === undefined) return;
    const isLast = shared.remove(this.#call);
    const now = Object.getOwnPropertyDescriptor(this.#prototype, this.#name);
    this.#isLeft = now?.value !== this.#own;
    if (this.#isLeft) return;
    if (isLast) {
      if (shared.before === undefined) delete this.#prototype[this.#name];
      else Object.defineProperty(this.#prototype, this.#name, shared.before);
    }
    this.#own = null;
  }
}

module.exports = { Patch };
