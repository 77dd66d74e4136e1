'use strict';
// The processes of a program that still run when the one that was started has ended: npm or a shell may end before
// the program. If the end was requested they are ended too; otherwise they continue, and that is reported elsewhere.

const fs = require('node:fs');

class Remains {
  #hub;
  #feed;
  /** @type {NodeJS.Signals | undefined} */
  #signal;

  /** @param {import('../dashboard/hub.js').Hub} hub @param {{ address: string, settle: () => Promise<void> }} feed */
  constructor(hub, feed) {
    this.#hub = hub;
    this.#feed = feed;
  }

  /** The program was asked to end. @param {NodeJS.Signals} signal */
  wasTold(signal) {
    if (['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'].includes(signal)) this.#signal = signal;
  }

  /** Processes that are watched, and are seen from here under this number. @returns {number[]} */
  #pids() {
    const live = this.#hub.records().filter(({ isLive }) => isLive);
    return [...new Set(live.map(({ meta }) => meta.pid))].filter(
      (pid) => Number.isSafeInteger(pid) && this.isOurs(pid),
    );
  }

  /**
   * In a container of its own a process has another number there: what has ours here has the feed's address.
   * @param {number} pid
   */
  isOurs(pid) {
    if (process.platform !== 'linux') return true;
    try {
      const variables = fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
      return variables.includes(`MEMWATCH_RUN_FEED=${this.#feed.address}`);
    } catch {
      return false;
    }
  }

  /** @param {NodeJS.Signals} signal */
  #send(signal) {
    for (const pid of this.#pids()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended meanwhile.
      }
    }
  }

  /** Waits until all have ended, or for so long. @param {number} ms */
  async #wait(ms) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([this.#feed.settle(), late]);
    clearTimeout(timer);
  }

  /**
   * After the end of the one that was started: reads what the others say last, and ends them where that was asked for.
   * @param {{ settle: number, grace: number }} ms
   * @returns {Promise<number[]>} those that go on
   */
  async settle(ms) {
    await this.#wait(ms.settle);
    if (this.#signal === undefined) return this.#pids();
    for (const signal of [this.#signal, /** @type {const} */ ('SIGKILL')]) {
      if (this.#pids().length === 0) break;
      this.#send(signal);
      await this.#wait(ms.grace);
    }
    return this.#pids();
  }
}

module.exports = { Remains };
