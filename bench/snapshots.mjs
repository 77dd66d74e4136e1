// How fast snapshots are opened and compared, and in how much memory, side by side with
// other tools, each in a process of its own. What runs is in snapshots/tools.mjs, what
// is read in snapshots/files.mjs.
//
//   node bench/snapshots.mjs [--sizes 20,200,1000] [--tables open,diff,list] [--rounds 3] [--limit 180]
import { parseArgs } from 'node:util';
import { describeMachine, load } from './lib/command.mjs';
import { interleave, Unavailable } from './lib/rounds.mjs';
import { megabytes, seconds } from './lib/table.mjs';
import { list, mixed, pair, warm } from './snapshots/files.mjs';
import { measureProcess } from './snapshots/process.mjs';
import { growthTable, workTable } from './snapshots/tables.mjs';
import { COMMANDS, OURS, peerVersions, preparePeers } from './snapshots/tools.mjs';

/** In MB (10^6 bytes): of the two snapshots that are compared. */
const PAIR = 200;

const { values } = parseArgs({
  options: {
    tables: { type: 'string', default: 'open,diff,list' },
    sizes: { type: 'string', default: '20,200,1000' },
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '180' },
  },
});
/** One number of an option, or the end of the program. */
function positive(name, text) {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  console.error(`--${name} takes whole numbers of at least 1, not "${text}"`);
  process.exit(2);
}
const sizes = values.sizes.split(',').map((text) => positive('sizes', text));
const rounds = positive('rounds', values.rounds);
const limitMs = positive('limit', values.limit) * 1000;

/** Why a process gives no result, or `null` when it gives one. */
function failure({ finished, output, status, said }) {
  if (!finished) return `not finished in ${limitMs / 1000} s`;
  const unavailable = /^\{"unavailable":.*\}$/m.exec(output);
  if (unavailable !== null) return JSON.parse(unavailable[0]).unavailable;
  return status === 0 ? null : `failed: ${said.trim().split('\n').at(-1)}`;
}

function describeResult({ wallMs, cpuMs, peakRss, peakAnonymous }) {
  return `${seconds(wallMs)}, CPU ${seconds(cpuMs)}, RSS ${megabytes(peakRss)}, anonymous ${megabytes(peakAnonymous)}`;
}

/** A peer that fails is a row of the table; if we fail, there is nothing to compare with. */
async function measure(tool, [command, args]) {
  const result = await measureProcess(command, args, limitMs);
  const why = failure(result);
  // A round of the largest snapshot takes minutes: say what is going on.
  process.stderr.write(`${tool}: ${why ?? describeResult(result)}\n`);
  if (why === null) return result;
  if (tool === OURS) throw new Error(`memwatch ${args.join(' ')}: ${why}`);
  throw new Unavailable(why);
}

/** One work on the same files by every tool that does it. */
async function sideBySide(title, work, files) {
  const commands = COMMANDS[work];
  const paths = files.map(({ file }) => file);
  const tools = [...commands.keys()];
  paths.forEach(warm);
  const before = load();
  const { results, unavailable } = await interleave(
    tools,
    rounds,
    (tool) => measure(tool, commands.get(tool)(...paths)),
    undefined,
    // The files are in memory, and a round of the largest takes minutes.
    { firstCounts: true },
  );
  return { title, files, results, unavailable, tools, load: [before, load()] };
}

/** What a file of each size costs, and how that grows. */
async function open() {
  const exact = [];
  for (const size of sizes) {
    const file = await mixed(size);
    exact.push(await sideBySide(`${size} MB: exact retained sizes, distances, class table`, 'exact', [file]));
    console.log(workTable(exact.at(-1)));
    console.log(workTable(await sideBySide(`${size} MB: class table only`, 'fast', [file])));
  }
  if (sizes.length > 1) console.log(growthTable(exact));
}

async function diff() {
  const files = await pair(PAIR);
  console.log(workTable(await sideBySide(`Two of ${PAIR} MB: what came and what went, by class`, 'diff', files)));
}

async function longList() {
  const title = 'A doubly linked list of 500 000 elements: exact, as above';
  console.log(workTable(await sideBySide(title, 'exact', [await list()])));
}

const TABLES = { open, diff, list: longList };
const wanted = values.tables.split(',');
const unknown = wanted.find((name) => !Object.hasOwn(TABLES, name));
if (unknown !== undefined) {
  console.error(`--tables takes ${Object.keys(TABLES).join(', ')}, not "${unknown}"`);
  process.exit(2);
}
preparePeers();
console.log(describeMachine());
console.log(`${peerVersions()}; medians of ${rounds} rounds; MB of memory are 2^20 bytes`);
for (const name of wanted) await TABLES[name]();
