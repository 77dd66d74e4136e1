'use strict';
// memwatch.dashboard(): the page of this process, served by one of its threads; all threads that
// have loaded memwatch are on it. For several processes on one page there is `memwatch run`.

const { warn, withCode } = require('../errors.js');

const LOOPBACK = '127.0.0.1';
// Of what should never happen.
const INTERNAL = 'ERR_MEMWATCH_INTERNAL';

const LEAST_TOKEN = 16;
const TOKEN_TAKES = `${LEAST_TOKEN} characters or more, of letters, digits, - and _`;

/** Whether it can be the secret part of an address. */
function isToken(token) {
  return typeof token === 'string' && /^[\w-]+$/.test(token) && token.length >= LEAST_TOKEN;
}

function wrong(message) {
  return withCode(new TypeError(message), 'ERR_MEMWATCH_USAGE');
}

/** @param {{ port?: number, host?: string, token?: string }} options */
function checked({ port = 0, host = LOOPBACK, token } = {}) {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw wrong(`dashboard: port takes a whole number from 0 to 65535, not ${String(port)}`);
  }
  if (typeof host !== 'string' || host === '') throw wrong(`dashboard: host takes an address, not ${String(host)}`);
  if (token !== undefined && !isToken(token)) throw wrong(`dashboard: token takes ${TOKEN_TAKES}`);
  return { port, host, token };
}

/** @param {() => object} memwatch  the module, which is not complete yet when this is loaded */
function dashboardOf(memwatch) {
  return async function dashboard(options = {}) {
    const { port, host, token } = checked(options ?? {});
    // Loaded here: programs without a page need none of it.
    const { Agent } = require('./agent.js');
    const { Hub } = require('./hub.js');
    const { publishPage } = require('./addresses.js');
    const { PageServer } = require('./server.js');
    const hub = new Hub();
    const server = new PageServer({ hub, host, token });
    const url = await server.listen(port);
    let place = null;
    const later = { act: (action) => agent.act(action), watch: (isWatched) => agent.watch(isWatched) };
    const send = (message) => (place === null ? (place = hub.join(later, message)) : place.tell(message));
    const failed = ({ message, code = INTERNAL }) =>
      warn(`The dashboard no longer follows this thread: ${message}`, code);
    const agent = new Agent({ memwatch: memwatch(), send, failed });
    const takeBack = [publishPage(process.pid, url), await listenToThreads(hub)];
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

/** The other threads beside this one. @returns {Promise<() => void>} ends it */
async function listenToThreads(hub) {
  const { openFeed } = require('./feed.js');
  const { callThreads } = require('./threads.js');
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
