'use strict';
// memwatch.dashboard(): the dashboard of this process, served by one of its threads; all threads that
// have loaded memwatch are on it. For several processes on one dashboard there is `memwatch run`.

const { warn } = require('../errors.js');
const { A_NAME, checkOptions, kind, wholeNumber } = require('../options.js');

const LOOPBACK = '127.0.0.1';
// Of what should never happen.
const INTERNAL = 'ERR_MEMWATCH_INTERNAL';

const LEAST_TOKEN = 16;
const TOKEN_TAKES = `${LEAST_TOKEN} characters or more, of letters, digits, - and _`;

/** Whether it is usable as the secret part of an address. */
function isToken(token) {
  return typeof token === 'string' && /^[\w-]+$/.test(token) && token.length >= LEAST_TOKEN;
}

const OPTIONS = {
  port: { ...wholeNumber({ most: 65535 }), otherwise: 0 },
  host: { ...A_NAME, otherwise: LOOPBACK },
  token: { ...kind(TOKEN_TAKES, isToken), isSecret: true },
};

/**
 * @param {object} memwatch  the module, which need not be complete yet
 * @param {import('../parts.js').Parts} parts
 */
function dashboardOf(memwatch, parts) {
  return async function dashboard(options = {}) {
    const { port, host, token } = checkOptions('memwatch.dashboard()', options, OPTIONS);
    // Loaded here: programs without a dashboard need none of it.
    const { Agent } = require('./agent.js');
    const { Hub } = require('./hub.js');
    const { publishPage } = require('./addresses.js');
    const { PageServer } = require('./server.js');
    const hub = new Hub();
    const server = new PageServer({ hub, host, token });
    const url = await server.listen(port);
    let place = null;
    const later = { act: (action, how) => agent.act(action, how), watch: (isWatched) => agent.watch(isWatched) };
    const send = (message) => (place === null ? (place = hub.join(later, message)) : place.tell(message));
    const failed = ({ message, code = INTERNAL }) =>
      warn(`The dashboard no longer follows this thread: ${message}`, code);
    const agent = new Agent({ memwatch, parts, send, failed });
    const takeBack = [publishPage(process.pid, url), await listenToThreads(hub, parts.pageThreads)];
    const forget = () => takeBack.forEach((each) => each());
    process.once('exit', forget);
    return {
      url,
      close: async () => {
        agent.stop();
        process.off('exit', forget);
        forget();
        await server.close();
      },
    };
  };
}

/**
 * The other threads of this process.
 * @param {import('./hub.js').Hub} hub
 * @param {ReturnType<typeof import('./threads.js').pageThreads>} threads
 * @returns {Promise<() => void>} ends it
 */
async function listenToThreads(hub, { callThreads }) {
  const { openFeed } = require('./feed.js');
  try {
    const failed = (why) => warn(`A thread is missing from the dashboard: ${why}.`, INTERNAL);
    const feed = await openFeed(hub, { told() {}, failed });
    feed.note(process.pid);
    const leave = callThreads(feed.address);
    return () => {
      leave();
      feed.close();
    };
  } catch {
    // No socket can be had (a system without a directory for temporary files): this thread alone.
    return () => {};
  }
}

module.exports = { dashboardOf, isToken, TOKEN_TAKES };
