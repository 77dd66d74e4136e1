'use strict';
// From the arguments of `run` and `top` to requests. lib/run and lib/top execute them.

const { isToken, TOKEN_TAKES } = require('../dashboard/index.js');
const { mistake, parse } = require('./arguments.js');
const { PROGRAMS, optionsOf } = require('./declared.js');
const { isNodeOption, nodeOptions, takesNext } = require('./node-options.js');
const { didYouMean } = require('../suggestion.js');

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** @type {Record<string, { value?: string }>} */
const RUN_OPTIONS = { ...optionsOf('run'), help: {} };

/** Other words for an option, taken but not shown: a dashboard is a page. @type {Record<string, string>} */
const SYNONYMS = { h: 'help', 'no-page': 'no-dashboard' };

function portOf(text) {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535)
    throw mistake(`--port takes a whole number from 0 to 65535, not '${text}'`);
  return port;
}

function tokenOf(text = '') {
  if (text !== '' && !isToken(text)) throw mistake(`MEMWATCH_DASHBOARD_TOKEN takes ${TOKEN_TAKES}`);
  return text || undefined;
}

function durationOf(text) {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(number) * UNITS_MS[unit];
  // A timer holds no more.
  if (!(ms > 0 && ms < 2 ** 31)) throw mistake(`--duration takes a time such as 90s, 5m or 1h, not '${text}'`);
  return ms;
}

/** An option that is neither memwatch's nor Node's: its value would be taken for the program. */
function unknown(word) {
  const option = word.replace(/=.*$/s, '');
  const own = Object.keys(RUN_OPTIONS).map((name) => `--${name}`);
  return mistake(`unknown option ${option} before the program${didYouMean(option, [...own, ...nodeOptions()])}`);
}

/** The words before the program: memwatch's own options, and those of Node.js. */
function splitWords(words) {
  const own = {};
  const nodeWords = [];
  let i = 0;
  for (; i < words.length && words[i].startsWith('-') && words[i] !== '--'; i++) {
    const [, word, inline] = /^--?([^=]+)(?:=(.*))?$/s.exec(words[i]) ?? [];
    const name = Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : word;
    const option = Object.hasOwn(RUN_OPTIONS, name) ? RUN_OPTIONS[name] : undefined;
    if (option === undefined) {
      if (!isNodeOption(words[i])) throw unknown(words[i]);
      nodeWords.push(words[i]);
      if (takesNext(words[i]) && i + 1 < words.length) nodeWords.push(words[++i]);
    } else if (option.value) {
      const value = inline ?? words[++i];
      if (value === undefined) throw mistake(`--${name} takes a value: --${name} ${option.value}`);
      own[name] = value;
    } else {
      own[name] = true;
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
  if (script === undefined)
    throw mistake('run takes a program: memwatch run [options] app.js [arguments], or npm start');
  if (own['no-dashboard'] && own.port !== undefined) throw mistake('--no-dashboard and --port contradict each other');
  return {
    help: false,
    request: {
      script,
      args,
      nodeWords,
      port: own['no-dashboard'] ? null : portOf(own.port ?? '0'),
      host: own.host ?? '127.0.0.1',
      token: tokenOf(process.env.MEMWATCH_DASHBOARD_TOKEN),
      report: own.report,
      summary: own.summary,
      baseline: own.baseline,
      writeBaseline: own['write-baseline'],
      cores: own.cores,
      failOnLeak: own['fail-on-leak'] === true,
      native: own.native === true,
      durationMs: own.duration === undefined ? undefined : durationOf(own.duration),
    },
  };
}

/**
 * @param {string[]} words  what follows `memwatch top`
 * @returns {{ help: true } | { help: false, target: string }}
 */
function topRequest(words) {
  if (words.includes('--help') || words.includes('-h')) return { help: true };
  if (words.length !== 1)
    throw mistake(
      `top takes ${PROGRAMS.top.usage}, but got ${words.length || 'no'} operand${words.length === 1 ? '' : 's'}`,
    );
  return { help: false, target: words[0] };
}

/**
 * @param {string[]} words  what follows `memwatch mcp`
 * @returns {{ help: true } | { help: false, request: { folders: string[], allowSnapshots: boolean, showStrings: boolean } }}
 */
function mcpRequest(words) {
  const { values, positionals } = parse('mcp', words);
  if (values.help) return { help: true };
  const request = {
    folders: positionals.length > 0 ? positionals : ['.'],
    allowSnapshots: values['allow-snapshots'] === true,
    showStrings: values['show-strings'] === true,
  };
  return { help: false, request };
}

module.exports = { mcpRequest, runRequest, topRequest };
