'use strict';
// The demo, from the first request to the result: starts the application in a process of its
// own, puts it under load, listens to memwatch inside it, and ends. Exit status 0 says that
// the leak was reported and the heap diff shows what leaks; 1 that it was not.
// It prints what report.js writes.
//
//   npm run demo            FIXED=1 npm run demo  for the application without its leak

const { fork } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const report = require('./report.js');
const { SUSPECTS, judge } = require('./judge.js');
const { Visitors } = require('./visitors.js');

const SUBSCRIBERS = 10;

// Ten e-mails at this interval are about 4 MB a second: plain to see within seconds, and far
// from any heap limit when the demo ends.
const REFRESH_MS = 500;

// Before the first snapshot: by then every subscription has its e-mail and Node has compiled
// what the pages need, so that what differs later is growth.
const WARM_UP_MS = 4 * REFRESH_MS;

// The trend is 0 before the tenth, and a leak may be reported at every fifth.
const COLLECTIONS = 20;

// An exit is known some milliseconds after the connections are.
const CAUSE_MS = 1000;

// More than ten times what it takes on two idle cores.
const TIME_LIMIT_SECONDS = 180;

const fixed = process.env.FIXED === '1';

function print(text) {
  process.stdout.write(`${text}\n`);
}

function startApp() {
  return fork(path.join(__dirname, 'watched-app.js'), [], {
    env: { ...process.env, NODE_ENV: 'production', REFRESH_MS: String(REFRESH_MS), FIXED: fixed ? '1' : '' },
    // The application's own output would stand between the lines of the table.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** The application's messages as events. */
function messagesOf(child) {
  const messages = new EventEmitter();
  child.on('message', ([name, payload]) => messages.emit(name, payload));
  return messages;
}

async function run(child, messages) {
  const [port] = await once(messages, 'listening');
  print(report.opening({ fixed, subscribers: SUBSCRIBERS, refreshMs: REFRESH_MS, port }));

  const visitors = new Visitors(port);
  try {
    const names = Array.from({ length: SUBSCRIBERS }, (_, i) => `user${i}`);
    for (const name of names) {
      await visitors.post('/users/new', { name });
      await visitors.post('/users/subscribe', { name });
    }
    // Only the failure of a visit is news; its end is not.
    const failedVisit = new Promise((_, reject) => {
      visitors.browse(['/', ...names.map((name) => `/users/${name}`)]).catch(reject);
    });
    return await Promise.race([watch(child, messages, visitors), failedVisit]);
  } finally {
    visitors.close();
  }
}

/** Prints what memwatch emits, takes the heap diff and judges it. */
async function watch(child, messages, visitors) {
  const leaks = [];
  let collections = 0;
  print(report.statsHeading());
  const enough = new Promise((resolve) => {
    messages.on('leak', (leak) => {
      leaks.push(leak);
      print(report.leakLine(leak));
    });
    messages.on('stats', (stats) => {
      collections += 1;
      print(report.statsLine(stats));
      if (collections === COLLECTIONS) resolve();
    });
  });

  await pause(WARM_UP_MS);
  child.send('begin');
  await enough;
  visitors.leave();
  child.send('end');
  const [diff] = await once(messages, 'diff');

  const result = judge({ diff, leaks, subscribers: SUBSCRIBERS });
  print(report.diffTable(diff, { suspects: SUSPECTS, guilty: result.guilty, requests: visitors.requests }));
  print(report.conclusion(result));
  return result.proven;
}

/** Where the application has died, its end says more than a request that failed of it, and comes a little later. */
async function afterItsCause(error) {
  await pause(CAUSE_MS);
  throw error;
}

/** Rejects when the application ends or cannot be started: it never should before the demo does. */
async function gone(child) {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`the application ended by itself, with ${signal ?? `exit status ${code}`}.`);
}

async function main() {
  const child = startApp();
  let timer;
  const tooLong = new Promise((_, reject) => {
    const error = new Error(`it was not done after ${TIME_LIMIT_SECONDS} seconds, and was stopped.`);
    timer = setTimeout(reject, TIME_LIMIT_SECONDS * 1000, error);
  });
  try {
    const proven = await Promise.race([run(child, messagesOf(child)).catch(afterItsCause), gone(child), tooLong]);
    process.exitCode = proven ? 0 : 1;
  } catch (error) {
    console.error(report.failure(error));
    process.exitCode = 1;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

// Nobody reads any more, as in `npm run demo | head`.
process.stdout.on('error', () => process.exit(1));

main();
