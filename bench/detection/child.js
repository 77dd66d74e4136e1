'use strict';
// One program of the evaluation in a process of its own, under load, with memwatch watching as in anyone's program:
// natural collections only, no gc(). Judges nothing: it hands back what was emitted when, and how memory stood.
//
//   child.js '{"program", "variant", "packages", "rate", "detector", "end", "recording"}'   the answer is on descriptor 3
//
// With "end": "set-up" it only sets the program up, collects all garbage, and says what is used: the measurement that
// the growth is counted from. It is taken in a process of its own since a forced collection would be seen here.

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const v8 = require('node:v8');
const { setImmediate: nextTurn, setTimeout: pause } = require('node:timers/promises');
const vm = require('node:vm');
const { Pacer } = require('./pacing.js');
const { Recorder, memory } = require('./recorder.js');

/** Between two looks whether the run is to end, in milliseconds. */
const CHECK_MS = 50;

const task = JSON.parse(process.argv[2]);
const load = createRequire(path.join(task.packages, 'program.js'));
const { setUp } = require(`./programs/${task.program}.js`);

function answer(result) {
  fs.writeSync(3, JSON.stringify(result));
  // Timers and servers of the program must not keep it.
  process.exit(0);
}

/** Used memory when all garbage is gone. Finalizers run on the event loop, and free more. */
async function collected() {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  for (let round = 0; round < 3; round++) {
    gc();
    await nextTurn();
  }
  return memory();
}

/** Whether this memory, or what so many operations must have left behind, is beyond what the run is for. */
function isBeyond(now, last, operations, /** @type {Record<string, number>} */ { seconds, heap, reading, growth }) {
  const grown = Math.max(operations * task.bytes, (last?.[task.measure] ?? 0) - task.base);
  return (
    now.t_us / 1e6 >= seconds ||
    (last !== null && last[task.measure] >= heap) ||
    now[task.measure] >= reading ||
    grown >= growth
  );
}

async function main() {
  if (task.end === 'set-up') {
    await setUp({ load, ...task });
    answer(await collected());
  }
  const recorder = new Recorder(task);
  const program = await setUp({ load, ...task });
  const pacer = new Pacer(program.operate, task.rate ?? Infinity);
  // A program whose calls do not all leave something behind counts those that do.
  const operations = () => program.operations?.() ?? pacer.done;
  recorder.start(operations);
  const running = pacer.run();
  const end = Object.fromEntries(Object.entries(task.end).map(([name, limit]) => [name, limit ?? Infinity]));
  while (!isBeyond(recorder.now(), recorder.last, operations(), end)) {
    if (task.stopWhenFound && recorder.isFound()) break;
    if (program.isOver?.()) break;
    await Promise.race([pause(CHECK_MS), running]);
  }
  recorder.stop();
  pacer.stop();
  await running;
  answer(recorder.result(operations(), await collected()));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
