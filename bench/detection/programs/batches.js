'use strict';
// A job that collects records for twenty seconds, writes them out, and begins again.

/** A batch is this long, whatever the rate, in milliseconds. */
const BATCH_MS = 20_000;

function setUp() {
  let batch = [];
  let until = 0;
  let written = 0;
  return {
    operate(i) {
      until ||= Date.now() + BATCH_MS;
      batch.push({ id: i, name: `record ${i}`, values: [i, i + 1, i + 2] });
      if (Date.now() < until) return;
      until = Date.now() + BATCH_MS;
      for (const record of batch) written += JSON.stringify(record).length;
      batch = [];
    },
  };
}

module.exports = { setUp };
