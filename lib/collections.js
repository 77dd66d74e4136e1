'use strict';
// How often the young generation was collected so far in this thread: known to the monitor, which
// index.js owns, and wanted by parts that it loads. Counts nothing itself.

let source = () => 0;

/** Where the number comes from. @param {() => number} youngCollections */
function tellOf(youngCollections) {
  source = youngCollections;
}

module.exports = { tellOf, youngCollections: () => source() };
