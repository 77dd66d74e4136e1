'use strict';
// `memwatch top`: the event stream of the dashboard, in a terminal that is redrawn each second and at each key
// (lib/top/screen.js has the content); without a terminal, one printed table.

const http = require('node:http');
const { withCode } = require('../errors.js');
const { findPage } = require('../dashboard/addresses.js');
const { printable } = require('../printable.js');
const { readKeys } = require('./keys.js');
const { press } = require('./press.js');
const { Programs } = require('./programs.js');
const { Screen } = require('./screen.js');
const { notes, table } = require('./table.js');

const DRAW_MS = 1000;
const RETRY_MS = 1000;
const DEFAULT_WIDTH = 100;

// Characters of the response of a server that is not a dashboard.
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
const MOST_EVENT = 64 << 20;

const noPage = (status) =>
  withCode(new Error(`no memwatch dashboard at that address (status ${status})`), 'ERR_MEMWATCH_NO_DASHBOARD');

/** The error of a server; the text of one that is not a dashboard is not repeated. */
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
 * @param {NodeJS.ReadStream} input  whose keys are read, where it is a terminal
 * @returns {Promise<number>} the exit status
 */
async function top(target, output, input) {
  const url = addressOf(target);
  const programs = new Programs();
  if (!output.isTTY) {
    const width = output.columns || DEFAULT_WIDTH;
    const lines = () => [...table(programs.list(), { width, now: Date.now() }), ...notes(programs.list(), width)];
    return once(url, programs, output, lines);
  }

  const screen = new Screen(programs, (id, action) => press(url, id, action));
  let note = '';
  const draw = () => {
    const size = { width: output.columns || DEFAULT_WIDTH, height: output.rows || undefined };
    const shown = screen.lines({ ...size, now: Date.now() });
    const text = note ? [...shown.slice(0, -1), note] : shown;
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
  const stopReading = readKeys(input, (key) => {
    if (key === 'quit') return stop();
    screen.press(key);
    return draw();
  });
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
      note = 'waiting for the program; Ctrl-C quits';
      if (!isOver) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return 0;
  } finally {
    clearInterval(timer);
    stopReading?.();
    output.write(OWN_SCREEN);
  }
}

/** Whether a server answered there, and refused. */
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

module.exports = { addressOf, readEvents, top };
