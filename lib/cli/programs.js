'use strict';
// The commands that do more than answer a question to files, as data and as words: run, top,
// report. What they do is lib/run's, lib/top's and lib/dashboard's business.

const { parseArgs } = require('node:util');
const { isToken, TOKEN_TAKES } = require('../dashboard/index.js');
const { mistake } = require('./arguments.js');

// Options of Node.js whose value is a word of its own; the others have none or take it after `=`.
const NODE_WITH_VALUE = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
  '--env-file',
  '--env-file-if-exists',
  '--title',
  '--watch-path',
  '--disable-warning',
]);

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const RUN_OPTIONS = {
  port: { value: 'N', help: 'port of the dashboard (default: a free one)' },
  host: { value: 'ADDRESS', help: 'address of the dashboard (default 127.0.0.1: this machine only)' },
  'no-page': { help: 'no dashboard' },
  report: { value: 'FILE', help: 'write the dashboard as one HTML file at the end' },
  'fail-on-leak': { help: 'exit status 1 when the program succeeds but a confirmed leak was not reclaimed' },
  duration: { value: 'TIME', help: 'stop the program after this time: 90s, 5m, 1h' },
  help: { help: 'this text' },
};

function portOf(text) {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535)
    throw mistake(`--port takes a whole number from 0 to 65535, not '${text}'`);
  return port;
}

function tokenOf(text = '') {
  if (text !== '' && !isToken(text)) throw mistake(`MEMWATCH_PAGE_TOKEN takes ${TOKEN_TAKES}`);
  return text || undefined;
}

function durationOf(text) {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(number) * UNITS_MS[unit];
  // A timer holds no more.
  if (!(ms > 0 && ms < 2 ** 31)) throw mistake(`--duration takes a time such as 90s, 5m or 1h, not '${text}'`);
  return ms;
}

/** The words before the program: memwatch's own options, and all others for Node.js. */
function splitWords(words) {
  const own = {};
  const nodeWords = [];
  let i = 0;
  for (; i < words.length && words[i].startsWith('-') && words[i] !== '--'; i++) {
    const [, name, inline] = /^--?([^=]+)(?:=(.*))?$/s.exec(words[i]) ?? [];
    const option = name === 'h' ? RUN_OPTIONS.help : Object.hasOwn(RUN_OPTIONS, name) ? RUN_OPTIONS[name] : undefined;
    if (option === undefined) {
      nodeWords.push(words[i]);
      if (NODE_WITH_VALUE.has(words[i]) && i + 1 < words.length) nodeWords.push(words[++i]);
    } else if (option.value) {
      const value = inline ?? words[++i];
      if (value === undefined) throw mistake(`--${name} takes a value: --${name} ${option.value}`);
      own[name] = value;
    } else {
      own[name === 'h' ? 'help' : name] = true;
    }
  }
  if (words[i] === '--') i++;
  return { own, nodeWords, script: words[i], args: words.slice(i + 1) };
}

/**
 * @param {string[]} words  what follows `memwatch run`
 * @returns {{ help: true } | { help: false, request: Omit<Parameters<typeof import('../run/runner.js').run>[0], 'say'> }}
 */
function runRequest(words) {
  const { own, nodeWords, script, args } = splitWords(words);
  if (own.help) return { help: true };
  if (script === undefined) throw mistake('run takes a program: memwatch run [options] app.js [arguments]');
  if (own['no-page'] && own.port !== undefined) throw mistake('--no-page and --port contradict each other');
  return {
    help: false,
    request: {
      script,
      args,
      nodeWords,
      port: own['no-page'] ? null : portOf(own.port ?? '0'),
      host: own.host ?? '127.0.0.1',
      token: tokenOf(process.env.MEMWATCH_PAGE_TOKEN),
      report: own.report,
      failOnLeak: own['fail-on-leak'] === true,
      durationMs: own.duration === undefined ? undefined : durationOf(own.duration),
    },
  };
}

const PROGRAMS = {
  run: {
    usage: '[options] PROGRAM [arguments…]',
    answers: 'runs a program with memwatch and a dashboard',
    about: `Other options are passed to Node.js. The exit status is the program's own, 128 + the number
of the signal that ended it, and 2 where it could not be started.`,
    options: RUN_OPTIONS,
  },
  report: {
    usage: 'FILE -o OUT.html',
    answers: 'a heap snapshot as one HTML file: leak candidates, a treemap of retained sizes, classes',
    about: `The file opens from disk and fetches nothing. FILE may be compressed (.gz, .zst); - is standard input.
Without -o, FILE is what the flight recorder of a program has written (flightRecorder): it is
printed as text, or with --json as JSON.`,
    options: { out: { value: 'FILE', help: 'where to write it; short -o' }, help: RUN_OPTIONS.help },
  },
  top: {
    usage: 'PID|URL',
    answers: 'a live table of a program with a dashboard, for a terminal',
    about: `A program has a dashboard when memwatch run started it, or when it calls memwatch.dashboard(). If the
output is not a terminal, the table is printed once.`,
    options: { help: RUN_OPTIONS.help },
  },
};

/**
 * @param {string[]} words  what follows `memwatch top`
 * @returns {{ help: true } | { help: false, target: string }}
 */
function topRequest(words) {
  if (words.includes('--help') || words.includes('-h')) return { help: true };
  if (words.length !== 1)
    throw mistake(`top takes PID|URL, but got ${words.length || 'no'} operand${words.length === 1 ? '' : 's'}`);
  return { help: false, target: words[0] };
}

/** @param {string[]} words  what follows `memwatch report` */
function reportRequest(words) {
  /** @type {{ out: { type: 'string', short: string }, help: { type: 'boolean', short: string } }} */
  const options = { out: { type: 'string', short: 'o' }, help: { type: 'boolean', short: 'h' } };
  let parsed;
  try {
    parsed = parseArgs({ args: words, options, allowPositionals: true });
  } catch (error) {
    throw mistake(error.message.split('. ')[0]);
  }
  const { values, positionals } = parsed;
  if (values.help) return { help: true };
  if (positionals.length !== 1 || !values.out)
    throw mistake('report takes a file and where to write: memwatch report FILE -o OUT.html');
  return { help: false, file: positionals[0], out: values.out };
}

module.exports = { PROGRAMS, runRequest, topRequest, reportRequest };
