// A child process that stays and measures a slice whenever it is asked, so that two
// variants can be compared within moments of each other. The child's side is
// lib/child.js. Knows nothing of what is measured.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Unavailable } from './rounds.mjs';

export class Worker {
  #child;

  /** Starts the child and waits until it is warm. */
  static async start(file, args, flags) {
    const worker = new Worker();
    worker.#child = fork(file, args.map(String), { execArgv: flags });
    const first = await worker.#answer();
    if (first.unavailable !== undefined) throw new Unavailable(first.unavailable);
    return worker;
  }

  /** Has the child measure one slice. */
  ask() {
    this.#child.send('slice');
    return this.#answer();
  }

  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }

  #answer() {
    return answerOf(this.#child);
  }
}

/** The next message of a process; an error where it ends instead. */
export async function answerOf(child) {
  const over = new AbortController();
  const ended = once(child, 'exit', { signal: over.signal }).then(([status, signal]) => {
    throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${signal ?? status} before it answered`);
  });
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal: over.signal }), ended]);
    return answer;
  } finally {
    ended.catch(() => {});
    over.abort();
  }
}
