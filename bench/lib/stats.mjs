// The statistics behind the tables: plain numbers in, plain numbers out. Prints
// nothing and measures nothing.

/** How sure an interval is: as usual where nothing speaks for another value. */
const CONFIDENCE = 0.95;

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values) {
  if (values.length === 0) throw new RangeError('no values have no median');
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2;
}

/**
 * An interval of order statistics that holds the true median in at least 95 % of all
 * cases, whatever the distribution (W. J. Conover, Practical Nonparametric Statistics,
 * chapter 3.2). `null` where there are too few values for one: below six.
 */
export function medianInterval(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const tail = (1 - CONFIDENCE) / 2;
  // The number of values below the median is binomial with p = 1/2. `skipped` is how
  // many may be left out on either side.
  let probability = 0.5 ** count;
  let cumulated = probability;
  let skipped = 0;
  while (cumulated <= tail && skipped < count / 2) {
    skipped++;
    probability *= (count - skipped + 1) / skipped;
    cumulated += probability;
  }
  return skipped === 0 ? null : [sorted[skipped - 1], sorted[count - skipped]];
}

/** Each value over the value of the same round, so that what a round suffered falls out. */
export function pairedRatios(values, baselines) {
  if (values.length !== baselines.length) throw new RangeError('a ratio needs a value and a baseline of each round');
  return values.map((value, round) => value / baselines[round]);
}

/**
 * The ratios of two series of the same rounds: median with its interval, extremes, and
 * the ratio of the two least values (noise of a shared machine only ever adds).
 */
export function compare(values, baselines) {
  const ratios = pairedRatios(values, baselines);
  return {
    median: median(ratios),
    interval: medianInterval(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    best: Math.min(...values) / Math.min(...baselines),
  };
}
