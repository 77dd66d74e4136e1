'use strict';
// `memwatch run`: starts a program with memwatch loaded before it, serves the dashboard, reports when
// a leak is suspected, and ends as the program ends. lib/cli parses the arguments; the hub keeps the
// data, and summary.js words the end.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { FOUND } = require('../cli/declared.js');
const { withCode } = require('../errors.js');
const { publishPage } = require('../dashboard/addresses.js');
const { openFeed } = require('../dashboard/feed.js');
const { Hub } = require('../dashboard/hub.js');
const { PageServer } = require('../dashboard/server.js');
const { seconds } = require('../format.js');
const { endInWords, pauseInWords, threadInWords } = require('../leak-words.js');
const { whyNoAddons } = require('../permission.js');
const { withLabel } = require('../label-words.js');
const { placeOf } = require('../places.js');
const { commandOf } = require('./command.js');
const { Cores } = require('./cores.js');
const { Outcome, checkWritable, unwritable } = require('./outcome.js');
const { Ledger } = require('./ledger.js');
const { Remains } = require('./remains.js');
const { sources } = require('./sources.js');
const { summaryOf, whyStatus } = require('./summary.js');
const { isInForeground } = require('./terminal.js');

const PRELOAD = path.join(__dirname, 'preload.js');

// Where a program does not end though it was asked to, it is ended.
const GRACE_MS = 5000;

// After the end of the program its last output is read; processes that it left behind are not awaited.
const SETTLE_MS = 2000;

// A terminal sends an interrupt to the whole group, including the program: passed on, it would arrive twice.
const OF_TERMINAL = new Set(['SIGINT', 'SIGQUIT']);
/** @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];
const PASSED_ON = SIGNALS.filter(
  (signal) => process.platform !== 'win32' || ['SIGINT', 'SIGTERM', 'SIGHUP'].includes(signal),
);

/** A word as NODE_OPTIONS has it. */
const quoted = (word) => `"${word.replace(/[\\"]/g, '\\$&')}"`;

/** How a program ended, for a report without other content. */
function ending(name, { code, signal }, ms) {
  const how = signal === null ? `with exit status ${code}` : `by ${signal}`;
  return `${name} ended ${how} after ${seconds(ms, 1)}.`;
}

function writeReport(file, hub, words, say) {
  const { liveReport } = require('../dashboard/live-report.js');
  try {
    fs.writeFileSync(file, liveReport(hub, words));
  } catch (error) {
    throw unwritable('report', error.message);
  }
  say(`wrote ${file}`);
}

/**
 * Passes signals on to the program until the function that it returns is called.
 * @param {import('node:child_process').ChildProcess} child
 * @param {(signal: NodeJS.Signals) => void} passed
 */
function passSignals(child, passed) {
  /** @type {[NodeJS.Signals, () => void][]} */
  const listeners = PASSED_ON.map((signal) => {
    const pass = () => {
      if (OF_TERMINAL.has(signal) && isInForeground()) return;
      child.kill(signal);
      passed(signal);
    };
    process.on(signal, pass);
    return [signal, pass];
  });
  return () => listeners.forEach(([signal, pass]) => process.off(signal, pass));
}

/** The report of a change of state, in one line; null if there is nothing to report. */
function newsOf(record, before, page) {
  const { state, reason, suspects } = record.detectorState;
  if (state === before || state === 'ok') return null;
  const last = record.leaks.at(-1);
  const [first = last?.suspect] = suspects;
  const site = first ? `; top allocation site: ${placeOf(first)}${withLabel(first)}` : '';
  const name = threadInWords(record.meta);
  const words = {
    suspected: () => `a leak is suspected in ${name}${reason ? `: ${reason}` : ''}`,
    confirmed: () => `a leak is confirmed in ${name}${reason ? `: ${reason}` : ''}${site}`,
    paused: () =>
      `${name}: ${pauseInWords({ ...record.detectorState, keptBytes: record.detectorState.keptBytes ?? last?.keptBytes }, first)}`,
    // For ended growth the former values are meaningless.
    cleared: () => `the growth has ended in ${name}${last?.why ? `: ${endInWords(last.why, last.kind)}` : ''}${site}`,
  };
  return `${words[state]()}${page ? `; see ${page}` : ''}`;
}

// A program that was not asked for anything does not collect, and its page is empty: what to do about that.
const HINT_AFTER_MS = 20_000;
const HINT = 'nothing to report yet: send the program traffic; detection takes about a minute of it';

/** Whether memwatch has seen too little of any process to know anything. */
const isIdle = (ledger) => ledger.entries().every(({ collections, state }) => collections < 2 && state === 'ok');

/** The command that runs the same with a report. */
function commandWithReport({ nodeWords, script, args }) {
  const shellWord = (word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  return ['npx memwatch run --report leak.html', ...[...nodeWords, script, ...args].map(shellWord)].join(' ');
}

/** The message about a snapshot that was taken or failed; null while it is under way. */
function snapshotNews({ type, value }, { meta }) {
  if (type !== 'snapshot' || !['done', 'failed'].includes(value?.state)) return null;
  const of = `${meta.name} (pid ${meta.pid})`;
  return value.state === 'done' ? `wrote a snapshot of ${of}: ${value.file}` : `no snapshot of ${of}: ${value.error}`;
}

/** Throws where native allocations cannot be sampled: here, as in the program. */
function checkNative() {
  const { Sampling } = require('../own.js').nativeSites;
  const sampling = new Sampling();
  sampling.start({ javascript: false });
  sampling.stop();
}

/** Starts the program, and resolves with how it ended. */
function startProgram({ file, args }, feed, native) {
  const env = {
    ...process.env,
    NODE_OPTIONS: `--require ${quoted(PRELOAD)} ${process.env.NODE_OPTIONS ?? ''}`.trim(),
    MEMWATCH_RUN_FEED: feed,
    // Of memwatch in Node.js alone: nothing is preloaded into any other program.
    MEMWATCH_RUN_NATIVE: native ? '1' : undefined,
    // The dashboard's token is not passed to the program.
    MEMWATCH_DASHBOARD_TOKEN: undefined,
  };
  const child = spawn(file, args, { stdio: 'inherit', env });
  const ended = new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        withCode(new Error(`${file} cannot be started: ${error.message}`, { cause: error }), 'ERR_MEMWATCH_USAGE'),
      );
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { child, ended };
}

/**
 * @param {object} asked
 * @param {string} asked.script
 * @param {string[]} asked.args  the program's own
 * @param {string[]} asked.nodeWords  Node's
 * @param {number | null} asked.port  null for no page
 * @param {string} asked.host
 * @param {string} [asked.token]
 * @param {string} [asked.report]  a file to write
 * @param {string} [asked.summary]  a file to append to
 * @param {string} [asked.baseline]  a file of known leaks
 * @param {string} [asked.writeBaseline]  a file to write
 * @param {string} [asked.cores]  a directory for cores
 * @param {boolean} asked.failOnLeak
 * @param {boolean} [asked.native]  whether native allocations are sampled from the start
 * @param {number} [asked.durationMs]
 * @param {(line: string) => void} asked.say
 * @returns {Promise<number>} the exit status
 */
async function run({
  script,
  args,
  nodeWords,
  port,
  host,
  token,
  report,
  cores: directory,
  failOnLeak,
  native = false,
  durationMs,
  say,
  ...files
}) {
  const command = commandOf({ nodeWords, script, args });
  if (report !== undefined) checkWritable('report', report);
  const outcome = new Outcome(files, say);
  // Where memwatch does not work, this says why, in one sentence, before anything is started.
  require('../addon.js');
  const why = whyNoAddons([...nodeWords, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]);
  if (why !== undefined) throw withCode(new Error(why), 'ERR_MEMWATCH_ADDON_UNUSABLE');

  if (native) checkNative();

  const cores = directory === undefined ? undefined : new Cores(directory, say);

  const hub = new Hub({ placed: sources() });
  const server = port === null ? null : new PageServer({ hub, host, token });
  const url = port === null ? null : await server?.listen(port);
  if (url) say(`watching ${command.name} on ${url}`);

  const states = new Map();
  const ledger = new Ledger();
  const feed = await openFeed(hub, {
    told(id, message) {
      const record = hub.record(id);
      if (record === undefined) return;
      ledger.note(record, message);
      cores?.add(record.meta.pid, record.meta.name, (pid) => remains.isOurs(pid));
      const taken = snapshotNews(message, record);
      if (taken) say(taken);
      const news = newsOf(record, states.get(id) ?? 'ok', url);
      states.set(id, record.detectorState.state);
      if (news) say(news);
    },
    failed: (why) => say(`a process is not watched: ${why}`),
    page: url ?? undefined,
  });
  const remains = new Remains(hub, feed);

  const began = Date.now();
  const { child, ended } = startProgram(command, feed.address, native);
  cores?.add(child.pid, command.name);
  const forget = url && child.pid !== undefined ? publishPage(child.pid, url) : () => {};
  const stopPassing = passSignals(child, (signal) => remains.wasTold(signal));
  let isOver = false;
  const timers = [setTimeout(() => isIdle(ledger) && say(HINT), HINT_AFTER_MS)];
  if (durationMs !== undefined) {
    timers.push(
      setTimeout(() => {
        isOver = true;
        child.kill('SIGTERM');
        remains.wasTold('SIGTERM');
        timers.push(setTimeout(() => child.kill('SIGKILL'), GRACE_MS));
      }, durationMs),
    );
  }
  try {
    const how = await ended;
    const { code, signal } = how;
    const words = ending(command.name, how, Date.now() - began);
    const ms = { settle: SETTLE_MS, grace: GRACE_MS };
    const left = await remains.settle(ms);
    await cores?.finish({ pid: child.pid ?? 0, name: command.name, ...how, wasAsked: isOver });
    if (left.length > 0) say(`still running, and no longer watched: pid ${left.join(', ')}`);
    if (report !== undefined) writeReport(report, hub, words, say);
    summaryOf(ledger, { command: commandWithReport({ nodeWords, script, args }), report }).forEach(say);
    const own = isOver ? 0 : (code ?? 128 + os.constants.signals[signal]);
    // The program itself ended well, but a leak was confirmed whose memory was not given back.
    const status = own === 0 && failOnLeak && outcome.newLeaks(ledger).length > 0 ? FOUND : own;
    const areKnown = ledger.guilty().length > 0 && outcome.newLeaks(ledger).length === 0;
    const why = whyStatus({ status, how, isOver, failOnLeak, ledger, areKnown });
    outcome.write({ ledger, name: command.name, why, failOnLeak });
    say(why);
    return status;
  } finally {
    timers.forEach(clearTimeout);
    stopPassing();
    forget();
    feed.close();
    await server?.close();
  }
}

module.exports = { run };
