'use strict';
// Loaded before the program that `memwatch run` starts, in each of its processes and threads:
// loads memwatch and tells the runner what it sees. The program must not notice: whatever
// fails here is left, and nothing keeps the program alive.

const { reportTo, sayFailed } = require('../dashboard/reporter.js');

const feed = process.env.MEMWATCH_RUN_FEED;

function start() {
  let memwatch;
  try {
    memwatch = require('../../index.js');
  } catch (error) {
    sayFailed(feed, error.message);
    return;
  }
  reportTo(feed, memwatch);
}

if (feed) start();
