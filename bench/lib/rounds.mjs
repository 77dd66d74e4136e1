// Runs each variant in a child process of its own, interleaved in rounds. Knows
// nothing of what is measured: a child prints its result as one line of JSON.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A child prints `{"unavailable": "why"}` when what it should measure is not installed. */
export class Unavailable extends Error {}

/** Runs one child with this Node and returns what it printed last. */
export async function runChild(file, args, flags = []) {
  const { stdout } = await run(process.execPath, [...flags, file, ...args.map(String)]);
  const result = JSON.parse(stdout.trim().split('\n').at(-1));
  if (result.unavailable !== undefined) throw new Unavailable(result.unavailable);
  return result;
}

/**
 * Measures variants side by side. `measure(variant)` gives one result. Each round
 * starts with another variant, so that none always follows the same neighbour.
 * Variants that are not available are left out after one attempt, which also warms
 * the file cache and is not counted.
 * @returns {Promise<{results: Map<string, object[]>, unavailable: Map<string, string>}>}
 */
export async function interleave(variants, rounds, measure, onRound = () => {}) {
  const results = new Map();
  const unavailable = new Map();
  for (const variant of variants) {
    try {
      await measure(variant);
      results.set(variant, []);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      unavailable.set(variant, error.message);
    }
  }
  const available = [...results.keys()];
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < available.length; turn++) {
      const variant = available[(round + turn) % available.length];
      results.get(variant).push(await measure(variant));
    }
    onRound(round + 1, rounds);
  }
  return { results, unavailable };
}
