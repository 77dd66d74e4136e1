'use strict';
// The Chrome DevTools Protocol to one page: its snapshots, streamed into files, and whether the page is still there.
// Judges nothing.

const fs = require('node:fs');
const path = require('node:path');
const { withCode } = require('../errors.js');

// The second GC collects what the first one has released.
const COLLECTIONS = 2;

/** @param {string} why @param {unknown} [cause] */
const lost = (why, cause) => withCode(new Error(why, cause === undefined ? undefined : { cause }), 'ERR_MEMWATCH_PAGE');

/** @param {string} directory @param {Error} cause */
function cannotWrite(directory, cause) {
  const why = `the page's snapshot cannot be written to ${directory}: ${cause.message}; set TMPDIR to another directory`;
  return withCode(new Error(why, { cause }), 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY');
}

/** In Playwright and in Puppeteer, in this order; Puppeteer emits `error` for a crash alone. */
const ENDS = /** @type {const} */ ([
  ['crash', 'crashed'],
  ['error', 'crashed'],
  ['close', 'was closed'],
]);

/** @param {any} page */
async function sessionOf(page) {
  try {
    return await (page.createCDPSession?.() ?? page.context().newCDPSession(page));
  } catch (error) {
    const why = `the page has no Chrome DevTools Protocol, which Chromium alone has: ${error?.message}`;
    throw lost(why.split('\n')[0], error);
  }
}

class Connection {
  #session;
  #count = 0;
  /** Rejects when the page is lost. @type {Promise<never>} */
  #end;
  /** @type {(() => void)[]} */
  #cleanUp = [];

  /** @param {any} page  of Playwright or of Puppeteer @param {any} session  of the Chrome DevTools Protocol */
  constructor(page, session) {
    this.#session = session;
    this.#end = new Promise((_, reject) => {
      for (const [event, what] of ENDS) {
        const listener = () => reject(lost(`the page ${what} while expectNoLeak() repeated its action`));
        page.on?.(event, listener);
        this.#cleanUp.push(() => page.off?.(event, listener));
      }
    });
    // It may have no handler at that moment.
    this.#end.catch(() => {});
  }

  /**
   * Runs an action on the page. If the page is lost meanwhile, that error is thrown: the promises of an action on
   * a page that has crashed may never be settled.
   * @param {() => unknown} work
   */
  async unlessLost(work) {
    const done = (async () => work())();
    done.catch(() => {});
    try {
      return await Promise.race([done, this.#end]);
    } catch (error) {
      if (error?.code !== 'ERR_MEMWATCH_PAGE') await this.#checkIsThere(error);
      throw error;
    }
  }

  /** An action may fail a moment before the page says why: a page that answers has not crashed. @param {unknown} cause */
  async #checkIsThere(cause) {
    const answer = this.#session.send('Runtime.evaluate', { expression: '0' });
    answer.catch(() => {});
    try {
      await Promise.race([answer, this.#end]);
    } catch (error) {
      if (error?.code === 'ERR_MEMWATCH_PAGE') throw error;
      throw lost('the page was lost while expectNoLeak() repeated its action', cause);
    }
  }

  /** @param {string} method @param {object} [parameters] */
  async #send(method, parameters) {
    try {
      return await Promise.race([this.#session.send(method, parameters), this.#end]);
    } catch (error) {
      if (error?.code === 'ERR_MEMWATCH_PAGE') throw error;
      throw lost(`the page does not answer to ${method}: ${error?.message}`.split('\n')[0], error);
    }
  }

  async begin() {
    // From here on an object keeps its number.
    await this.#send('HeapProfiler.enable');
  }

  /**
   * Writes a snapshot piece by piece, as it comes.
   * @param {string} directory
   * @returns {Promise<string>} its file
   */
  async snapshot(directory) {
    // What the page has logged is kept for DevTools otherwise.
    await this.#send('Runtime.discardConsoleEntries');
    for (let i = 0; i < COLLECTIONS; i++) await this.#send('HeapProfiler.collectGarbage');
    const file = path.join(directory, `${this.#count++}.heapsnapshot`);
    const descriptor = fs.openSync(file, 'wx', 0o600);
    /** @type {Error | null} */
    let failure = null;
    const write = (/** @type {{ chunk: string }} */ { chunk }) => {
      try {
        if (failure === null) fs.writeFileSync(descriptor, chunk);
      } catch (error) {
        failure = error;
      }
    };
    this.#session.on('HeapProfiler.addHeapSnapshotChunk', write);
    try {
      await this.#send('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: false });
    } finally {
      this.#session.off('HeapProfiler.addHeapSnapshotChunk', write);
      fs.closeSync(descriptor);
    }
    if (failure !== null) throw cannotWrite(directory, failure);
    return file;
  }

  /** The addresses of the page's scripts by V8's numbers. @returns {Promise<Map<number, string>>} */
  async scripts() {
    const found = new Map();
    const note = (/** @type {{ scriptId: string, url: string }} */ { scriptId, url }) => {
      if (url !== '') found.set(Number(scriptId), url);
    };
    this.#session.on('Debugger.scriptParsed', note);
    try {
      // Without a stop at a `debugger` statement. All are named before the answer comes.
      await this.#send('Debugger.setSkipAllPauses', { skip: true });
      await this.#send('Debugger.enable');
    } finally {
      this.#session.off('Debugger.scriptParsed', note);
    }
    await this.#send('Debugger.disable');
    return found;
  }

  /** Never throws: a page that is lost has ended the session. */
  async end() {
    for (const one of this.#cleanUp) one();
    const detached = this.#session.detach().catch(() => {});
    // A page that has crashed may never answer.
    await Promise.race([detached, this.#end.catch(() => {})]);
  }
}

/** @param {any} page */
async function connect(page) {
  const connection = new Connection(page, await sessionOf(page));
  await connection.begin();
  return connection;
}

module.exports = { connect };
