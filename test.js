'use strict';
// `require('memwatch/test')`: what tests of other programs use. Tests of memwatch itself are
// in __test__.

const { expectNoLeak } = require('./lib/test/expect-no-leak.js');
const { LeakError } = require('./lib/test/leak-error.js');

module.exports = { expectNoLeak, LeakError };
