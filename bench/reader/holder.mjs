// A process with a heap (children/reader-heap.js) as seen from outside: asked things, and the memory of its forked
// children, sampled. Makes no tables.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const HEAP = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'children', 'reader-heap.js');

/** What a forked child of memwatch is called by the system. */
const FORK = 'memwatch-fork';

/** Between two samples at least, in milliseconds; and so much of the time may go into them. */
const SAMPLE_EVERY_MS = 5;
const SAMPLING_SHARE = 0.2;

const read = (file) => {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    // It ended meanwhile.
    return '';
  }
};

/** The forked child of a process; undefined where there is none. */
function forkOf(pid) {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      const [, comm, parent] = /\((.*)\) \S (\d+)/.exec(read(`/proc/${name}/stat`)) ?? [];
      return comm === FORK && Number(parent) === pid;
    });
}

/** Bytes that a process has written, and shares with none; undefined where it has ended. */
function privateBytes(pid) {
  const found = /^Private_Dirty:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`));
  return found ? Number(found[1]) * 1024 : undefined;
}

export class Holder {
  #child;

  /** @param {string} node @param {'plain' | 'mix'} kind @param {number} count */
  static async start(node, kind, count) {
    const holder = new Holder();
    holder.#child = fork(HEAP, [kind, `${count}`], { execPath: node, execArgv: ['--max-old-space-size=16384'] });
    await holder.#answer();
    return holder;
  }

  get pid() {
    return this.#child.pid;
  }

  async #answer() {
    const over = new AbortController();
    const { signal: until } = over;
    const ended = once(this.#child, 'exit', { signal: until }).then(([status, signal]) => {
      throw new Error(`the process with the heap ended with ${signal ?? status}`);
    });
    try {
      const [{ result, failed }] = await Promise.race([once(this.#child, 'message', { signal: until }), ended]);
      if (failed !== undefined) throw new Error(failed);
      return result;
    } finally {
      over.abort();
      // Whichever of the two did not come is given up.
      await ended.catch(() => {});
    }
  }

  /** @param {string} act @param {object} [rest] */
  async ask(act, rest = {}) {
    this.#child.send({ act, ...rest });
    return this.#answer();
  }

  /** An analysis in a forked child by one engine, with the most private memory that the child was seen with. */
  async analyze(engine) {
    let isOver = false;
    const sampling = this.#sample(() => isOver);
    try {
      const result = await this.ask('analyze', { engine });
      isOver = true;
      return { ...result, privateBytes: await sampling };
    } finally {
      isOver = true;
    }
  }

  async #sample(isOver) {
    let most = 0;
    let pid;
    while (!isOver()) {
      const begun = performance.now();
      pid ??= forkOf(this.pid);
      const bytes = pid === undefined ? undefined : privateBytes(pid);
      if (bytes !== undefined) most = Math.max(most, bytes);
      const took = performance.now() - begun;
      await sleep(Math.max(SAMPLE_EVERY_MS, took / SAMPLING_SHARE));
    }
    return most;
  }

  /** Bytes of the process that are in memory. */
  residentBytes() {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${this.pid}/status`))[1]) * 1024;
  }

  async end() {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}
