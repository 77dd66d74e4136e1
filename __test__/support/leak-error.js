'use strict';
// The error of expectNoLeak() for work that leaks, for the tests that look into it. It has no work of its own.

const assert = require('node:assert/strict');
const { expectNoLeak, LeakError } = require('../../test.js');

/** The error of work that leaks. */
async function leakOf(work, options) {
  const error = await expectNoLeak(work, options).then(
    (report) => assert.fail(`no leak was seen: ${JSON.stringify(report)}`),
    (reason) => reason,
  );
  assert.ok(error instanceof LeakError, error);
  assert.equal(error.code, 'ERR_MEMWATCH_LEAK');
  return error;
}

module.exports = { leakOf };
