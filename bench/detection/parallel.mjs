// Several processes side by side, never more than so many, and how many there is room for. Knows nothing of what they do.

/** Programs at the calm rate wait most of the time: so many go side by side on a core. */
const CALM_ON_A_CORE = 6;

/** Between the two paces they work three times as much. */
const MIDDLE_ON_A_CORE = 2;

/**
 * What a program may come to at full speed until its leak is found, in bytes: half of a heap limit of 4 GB, and what V8
 * needs to collect it.
 */
const MEMORY_AT_FULL_SPEED = 3 * 2 ** 30;

/** How many programs may run side by side at each pace. `memory` is what is free, in bytes. */
export function sideBySide(cores, memory) {
  const full = Math.min(cores, Math.floor(memory / MEMORY_AT_FULL_SPEED));
  return { calm: cores * CALM_ON_A_CORE, middle: cores * MIDDLE_ON_A_CORE, full: Math.max(1, full) };
}

/** Calls `work` for each item, in order, `limit` at a time; resolves to the results in the items' order. */
export async function inParallel(items, limit, work) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at], at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
