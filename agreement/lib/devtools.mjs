// Runs jobs in the child process that holds DevTools, one after the other.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { devtoolsBundle } from './devtools-bundle.mjs';
import { AGREEMENT } from './paths.mjs';

// DevTools needs about four times the file; Node's own limit is near 4 GB on a
// big machine and less on a small one.
const HEAP_LIMIT_MB = 12_000;

/** Starts DevTools; `close` it when done. */
export async function startDevtools() {
  await devtoolsBundle();
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_LIMIT_MB}`, path.join(AGREEMENT, 'lib', 'devtools-process.mjs')],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** @returns the answer; throws with DevTools' own stack when it failed. */
    async run(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`DevTools' process ended (${await exited}) on ${job.file}`);
      const answer = JSON.parse(value);
      if (answer.error) throw new Error(`DevTools failed on ${job.file}: ${answer.error}`);
      return answer;
    },
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}
