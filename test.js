'use strict';
// `require('memwatch/test')`: what tests of other programs use. Tests of memwatch itself are
// in __test__.

const own = require('./lib/own.js');
const { expectNoLeakBy } = require('./lib/test/expect-no-leak.js');
const { LeakError } = require('./lib/test/leak-error.js');

const expectNoLeak = expectNoLeakBy({ addon: own.addon, HeapDiff: own.HeapDiff, lookCloser: own.sites.lookCloser });

module.exports = { expectNoLeak, LeakError };
