'use strict';
// Runs a function as a worker thread of the test's own process, as `child.js` does for
// processes: with `require`, `say` (a message to the parent), `turns` and ROOT.

const { Worker } = require('node:worker_threads');
const { COMMON } = require('./child.js');

const PRELUDE = `${COMMON}
const { parentPort, workerData } = require('node:worker_threads');
const say = (value) => parentPort.postMessage(value);
`;

/** Starts one. `said` collects its messages, `exit` is a promise of its exit status. */
function thread(main, options = {}) {
  const worker = new Worker(`${PRELUDE}(${main})();`, { ...options, eval: true });
  const said = [];
  const errors = [];
  worker.on('message', (value) => said.push(value));
  worker.on('error', (error) => errors.push(error));
  return { worker, said, errors, exit: new Promise((resolve) => worker.once('exit', resolve)) };
}

/** Runs one to its end and returns its messages; throws its error. */
async function threadSays(main, options) {
  const { said, errors, exit } = thread(main, options);
  const status = await exit;
  if (errors.length > 0) throw errors[0];
  if (status !== 0) throw new Error(`the worker ended with status ${status}`);
  return said;
}

module.exports = { thread, threadSays };
