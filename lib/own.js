'use strict';
// The parts of this loading of memwatch: parts.js with the addon that was loaded. Nothing else is here; Node's module cache
// sees to it that all entries (index.js, heapdump.js, test.js, the command line) have the same ones.

const addon = require('./addon.js');
const { Parts } = require('./parts.js');

module.exports = new Parts(addon);
