'use strict';
// The line through the bases, as it is drawn. Theil–Sen (Sen, 1968): the median of the slopes
// of all pairs, which single outliers do not turn. Whether it is a leak is not said here: that
// is the verdict's business, in the program.

((page) => {
  // Of n points n²/2 pairs; with this many it is a matter of a millisecond.
  const MOST_POINTS = 160;
  const LEAST_POINTS = 4;

  const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  };

  /** So many points, evenly spread, the last one among them. */
  function thin(times, values) {
    const step = Math.max(1, Math.ceil(times.length / MOST_POINTS));
    const points = [];
    for (let i = times.length - 1; i >= 0; i -= step) points.push([times[i], values[i]]);
    return points.reverse();
  }

  /**
   * @param {number[]} times  milliseconds
   * @param {number[]} values  bytes
   * @returns {{perMs: number, at: (ms: number) => number} | null}  null where there is too little
   */
  function trend(times, values) {
    if (times.length < LEAST_POINTS) return null;
    const points = thin(times, values);
    const slopes = [];
    for (let i = 0; i < points.length; i++) {
      for (let j = i + 1; j < points.length; j++) {
        const ms = points[j][0] - points[i][0];
        if (ms > 0) slopes.push((points[j][1] - points[i][1]) / ms);
      }
    }
    if (slopes.length === 0) return null;
    const perMs = median(slopes);
    const [origin] = points[0];
    const start = median(points.map(([time, value]) => value - perMs * (time - origin)));
    return { perMs, at: (ms) => start + perMs * (ms - origin) };
  }

  page.trend = { trend };
})((globalThis.memwatchPage ??= {}));
