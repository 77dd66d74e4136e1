'use strict';
// `require('memwatch/playwright')`: leaks of pages in Chromium, for tests with Playwright or Puppeteer.

const { expectNoLeak } = require('./lib/playwright/expect-no-leak.js');
const { PageLeakError } = require('./lib/playwright/page-leak-error.js');

module.exports = { expectNoLeak, PageLeakError };
