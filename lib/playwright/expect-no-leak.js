'use strict';
// expectNoLeak for a page: repeats an action, with a snapshot before, between and after. What grew is found in
// growth.js, and said in page-leak-error.js.

const { withCode } = require('../errors.js');
const { A_FUNCTION, A_STRING, check, checkOptions, kind, wholeNumber } = require('../options.js');
const { makeDirectory } = require('../temporary-directory.js');
const { connect } = require('./connection.js');
const { growthOf } = require('./growth.js');
const { PageLeakError } = require('./page-leak-error.js');

// Between one and the next nothing but a leak grows by a multiple of a prime number.
const ACTIONS = 7;
const LEAST_ACTIONS = 2;
// The first make what the page keeps once, and have V8 compile.
const WARM_UP_ACTIONS = 3;
// Kinds of growth that need not be a leak of the class.
const UNCLEAR_BYTES = 4096;

const SNAPSHOTS = 3;

const OPTIONS = {
  actions: { ...wholeNumber({ least: LEAST_ACTIONS, of: 'actions' }), otherwise: ACTIONS },
  warmUpActions: { ...wholeNumber({ of: 'actions' }), otherwise: WARM_UP_ACTIONS },
  name: A_STRING,
};

const A_PAGE = kind(
  'a page of Playwright or Puppeteer',
  (page) => typeof page?.createCDPSession === 'function' || typeof page?.context === 'function',
);

/**
 * Declared in playwright.d.ts.
 * @param {any} page
 * @param {() => unknown} action
 * @param {object} [options]
 */
async function expectNoLeak(page, action, options = {}) {
  check('The page of expectNoLeak()', page, A_PAGE);
  check('The action of expectNoLeak()', action, A_FUNCTION);
  const {
    actions,
    warmUpActions,
    name = action.name || 'the action',
  } = checkOptions('expectNoLeak()', options, OPTIONS);
  const directory = makeDirectory();
  try {
    const connection = await connect(page);
    /** @type {string[]} */
    const files = [];
    let scripts = new Map();
    try {
      const repeat = async (/** @type {number} */ times) => {
        for (let i = 0; i < times; i++) await connection.unlessLost(action);
      };
      await repeat(warmUpActions);
      while (files.length < SNAPSHOTS) {
        if (files.length > 0) await repeat(actions);
        files.push(await connection.snapshot(directory.name));
      }
      scripts = await connection.scripts();
    } finally {
      await connection.end();
    }
    return judge(await growthOf(files, actions, scripts), { actions, name });
  } finally {
    directory.remove();
  }
}

/** @param {import('./growth.js').PageGrowth} growth @param {{ actions: number, name: string }} of */
function judge({ isSameProcess, classes, bytes }, { actions, name }) {
  if (!isSameProcess) {
    const why = `${name} took the page to another process, as going to another site does: what was there before cannot be compared`;
    throw withCode(new Error(why), 'ERR_MEMWATCH_PAGE');
  }
  const [first, second] = bytes.map((grown) => grown / actions);
  const report = { actions: (SNAPSHOTS - 1) * actions, bytesPerAction: second };
  if (classes.length > 0) throw new PageLeakError({ ...report, name, classes });
  return { result: Math.min(first, second) > UNCLEAR_BYTES ? 'unclear' : 'clear', ...report };
}

module.exports = { expectNoLeak };
