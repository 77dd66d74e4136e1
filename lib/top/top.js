'use strict';
// `memwatch top`: the same stream of events that the page reads, as a table in a terminal that
// is drawn anew each second; where there is no terminal, once.

const http = require('node:http');
const { withCode } = require('../errors.js');
const { findPage } = require('../dashboard/addresses.js');
const { printable } = require('../printable.js');
const { notes, table } = require('./table.js');

const DRAW_MS = 1000;
const RETRY_MS = 1000;
const DEFAULT_WIDTH = 100;
const SPARK_VALUES = 60;

// Characters of what a server says that is none of ours.
const MOST_REFUSAL = 300;

// Home, and each line cleared to its end, so that nothing flickers; then all below.
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const OTHER_SCREEN = '\x1b[?1049h\x1b[?25l';
const OWN_SCREEN = '\x1b[?25h\x1b[?1049l';

/** Where the page of what was named is. */
function addressOf(target) {
  if (/^\d+$/.test(target)) {
    const url = findPage(Number(target));
    if (url !== null) return new URL(url);
    throw withCode(
      new Error(
        `process ${target} has no dashboard that this user can read: start it with \`memwatch run\`, or call memwatch.dashboard() in it`,
      ),
      'ERR_MEMWATCH_NO_DASHBOARD',
    );
  }
  const url = tryUrl(target);
  if (url?.protocol === 'http:') {
    // Copied without its end, it is the same page.
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return url;
  }
  throw withCode(
    new Error(`top takes a process id or the address of a dashboard, not '${target}'`),
    'ERR_MEMWATCH_USAGE',
  );
}

function tryUrl(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

// Whatever answers at an address is not trusted: it may send anything, and without end.
const MOST_PROGRAMS = 1000;
const MOST_NAME = 300;
const MOST_EVENT = 64 << 20;

const number = (value) => (Number.isFinite(value) ? value : undefined);
const list = (value) => (Array.isArray(value) ? value : []);

// Of the rows of lib/dashboard/record.js.
function readRaw(program, row) {
  return Object.assign(program, { rss: number(list(row)[5]) });
}
function readGc(program, row) {
  const [, , pause, full] = list(row);
  return Object.assign(program, { pause: number(pause), full: number(full) });
}
const readMeta = (value) => ({
  name: String(value?.name ?? 'program').slice(0, MOST_NAME),
  pid: number(value?.pid),
  thread: number(value?.thread),
});
const readVerdict = (value) => ({
  state: String(value?.state),
  bytesPerHour: number(value?.bytesPerHour),
  limitEta: number(value?.limitEta),
});
const READ = { meta: readMeta, verdict: readVerdict };

function programOf(summary) {
  const { isLive, meta, verdict, spark, latest } = summary ?? {};
  const program = {
    isLive: isLive === true,
    meta: readMeta(meta),
    verdict: readVerdict(verdict),
    spark: list(spark).filter(Number.isFinite).slice(-SPARK_VALUES),
  };
  return readGc(readRaw(program, latest?.raw), latest?.gc);
}

/** What is known of each program, from the messages of the page. */
class Programs {
  #all = new Map();

  apply({ type, id, value }) {
    if (type === 'all') {
      this.#all = new Map(
        list(value)
          .slice(0, MOST_PROGRAMS)
          .map((summary) => [summary?.id, programOf(summary)]),
      );
      return;
    }
    if (type === 'joined' && this.#all.size < MOST_PROGRAMS) this.#all.set(id, programOf(value));
    const program = this.#all.get(id);
    if (program === undefined) return;
    if (type === 'left') this.#all.delete(id);
    else if (type === 'raw') readRaw(program, value);
    else if (type === 'gc') {
      program.spark = [...program.spark, list(value)[1]].filter(Number.isFinite).slice(-SPARK_VALUES);
      readGc(program, value);
    } else if (type === 'ended') program.isLive = false;
    else if (type === 'verdict' || type === 'meta') program[type] = READ[type](value);
  }

  list() {
    return [...this.#all.values()];
  }
}

const noPage = (status) =>
  withCode(new Error(`no memwatch dashboard at that address (status ${status})`), 'ERR_MEMWATCH_NO_DASHBOARD');

/** What a server said instead; of one that is no page, not its words. */
function refusal(status, text) {
  const line = text.trim();
  const isOurs = status !== 200 && line !== '' && line === printable(line) && !line.includes('<');
  return isOurs ? withCode(new Error(line), 'ERR_MEMWATCH_NO_DASHBOARD') : noPage(status);
}

/**
 * Reads the events of a page until it ends.
 * @returns {{request: import('node:http').ClientRequest, ended: Promise<void>}}
 */
function readEvents(url, receive) {
  const request = http.get({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: `${url.pathname}events`,
    agent: false,
  });
  const ended = new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      if (response.statusCode !== 200 || !/^text\/event-stream\b/.test(response.headers['content-type'] ?? '')) {
        response.on('data', (part) => (text = (text + part).slice(0, MOST_REFUSAL)));
        response.on('end', () => reject(refusal(response.statusCode, text)));
        response.on('error', reject);
        return;
      }
      response.on('data', (part) => {
        const events = (text + part).split('\n\n');
        text = events.pop() ?? '';
        try {
          if (text.length > MOST_EVENT) throw new Error('an event has no end');
          for (const event of events)
            if (event.startsWith('data: ')) receive(JSON.parse(event.slice('data: '.length)) ?? {});
        } catch {
          request.destroy();
          reject(noPage(response.statusCode));
        }
      });
      response.on('error', reject);
      response.on('end', resolve);
    });
  });
  return { request, ended };
}

/**
 * @param {string} target  a process id or the address of a page
 * @param {NodeJS.WriteStream} output
 * @returns {Promise<number>} the exit status
 */
async function top(target, output) {
  const url = addressOf(target);
  const programs = new Programs();
  const lines = () => {
    const width = output.columns || DEFAULT_WIDTH;
    return [...table(programs.list(), { width, now: Date.now() }), ...notes(programs.list(), width)];
  };
  if (!output.isTTY) return once(url, programs, output, lines);

  let note = '';
  const draw = () => {
    const text = [...lines(), '', note || 'Ctrl-C ends'].slice(0, output.rows || undefined);
    output.write(HOME + text.map((line) => line + CLEAR_LINE).join('\n') + CLEAR_BELOW);
  };
  output.write(OTHER_SCREEN);
  const timer = setInterval(draw, DRAW_MS);
  let isOver = false;
  let wasThere = false;
  let current;
  const stop = () => {
    isOver = true;
    current?.destroy();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    while (!isOver) {
      const { request, ended } = readEvents(url, (message) => {
        note = '';
        wasThere = true;
        programs.apply(message);
      });
      current = request;
      await ended.catch((error) => {
        // A program that was there may come again; what never was, or refuses, does not.
        if (!isOver && (!wasThere || isRefusal(error))) throw told(url, error);
      });
      note = 'waiting for the program; Ctrl-C ends';
      if (!isOver) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return 0;
  } finally {
    clearInterval(timer);
    output.write(OWN_SCREEN);
  }
}

/** Whether something answered there, and said no. */
const isRefusal = (error) => error.code?.startsWith('ERR_MEMWATCH') === true;

/** Why nothing could be read, in a sentence. */
function told(url, error) {
  if (isRefusal(error)) return error;
  return withCode(new Error(`no dashboard at ${url.origin}: ${error.message}`), 'ERR_MEMWATCH_NO_DASHBOARD');
}

/** One table, as soon as each program that runs has been measured. */
async function once(url, programs, output, lines) {
  const { request, ended } = readEvents(url, (message) => {
    programs.apply(message);
    const live = programs.list().filter(({ isLive }) => isLive);
    if (live.every(({ rss }) => rss !== undefined)) request.destroy();
  });
  try {
    await ended;
  } catch (error) {
    if (!request.destroyed || programs.list().length === 0) throw told(url, error);
  }
  output.write(`${lines().join('\n')}\n`);
  return 0;
}

module.exports = { top, Programs };
