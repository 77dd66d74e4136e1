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
 * A round before the first, which warms the file cache, is not counted, unless
 * `firstCounts`. Variants that turn out not to be available are left out from then on.
 * @param {any[]} variants
 * @param {number} rounds
 * @param {(variant: any) => Promise<object> | object} measure
 * @param {(round: number, rounds: number) => void} [onRound]
 * @param {{ firstCounts?: boolean }} [options]
 * @returns {Promise<{results: Map<any, object[]>, unavailable: Map<string, string>}>}
 */
export async function interleave(variants, rounds, measure, onRound = () => {}, { firstCounts = false } = {}) {
  const results = new Map(variants.map((variant) => [variant, []]));
  const unavailable = new Map();
  const attempt = async (variant) => {
    try {
      return [await measure(variant)];
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      results.delete(variant);
      unavailable.set(variant, error.message);
      return [];
    }
  };
  for (const variant of variants) {
    const first = await attempt(variant);
    if (firstCounts) results.get(variant)?.push(...first);
  }
  for (let round = firstCounts ? 1 : 0; round < rounds; round++) {
    const available = [...results.keys()];
    for (let turn = 0; turn < available.length; turn++) {
      const variant = available[(round + turn) % available.length];
      const result = await attempt(variant);
      results.get(variant)?.push(...result);
    }
    onRound(round + 1, rounds);
  }
  return { results, unavailable };
}
