'use strict';
// Loads one module in this fresh process, and says what that took. The parent's side is require.mjs.

const { report, startClocks } = require('../lib/child.js');

const [file] = process.argv.slice(2);
const before = Object.keys(require.cache).length;
const stop = startClocks();
require(file);
report({ ...stop(), modules: Object.keys(require.cache).length - before });
// What is measured is done; what memwatch began need not be ended.
process.exit();
