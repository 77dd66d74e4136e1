'use strict';
// Loaded before the program that `memwatch run` starts, in each of its processes and threads:
// loads memwatch and reports to the runner. The program must not be affected: failures here are
// ignored, and nothing keeps the program alive. A package manager that starts the program is
// left alone.

const { reportTo, sayFailed } = require('../dashboard/reporter.js');
const { isPackageManager } = require('./package-manager.js');

const feed = process.env.MEMWATCH_RUN_FEED;

/** @param {string} feed */
function start(feed) {
  let memwatch;
  try {
    memwatch = require('../../index.js');
  } catch (error) {
    sayFailed(feed, error.message);
    return;
  }
  reportTo(feed, memwatch, require('../own.js'));
  if (process.env.MEMWATCH_RUN_NATIVE !== '1') return;
  try {
    memwatch.configure({ sampling: { native: 'always' } });
  } catch (error) {
    sayFailed(feed, `its native allocations are not sampled: ${error.message}`);
  }
}

if (feed && !isPackageManager(process.argv[1])) start(feed);
