'use strict';
// The exercise that people do with llnode, with memwatch's commands alone: three cores of a service that leaks e-mails,
// each written later; count the objects, see which class grows, and follow one of it to the function that keeps it.
// docs/migrating.md shows the same on one core.

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { writeCore } = require('./support/core-file.js');
const { ROOT, cleanEnvironment, report, temporaryDirectory } = require('./support/cli-run.js');

const onLinux = {
  skip: (process.platform !== 'linux' || process.arch !== 'x64') && 'cores are read on Linux x64 alone',
};

const APP = path.join(ROOT, 'examples', 'subscription-app', 'app.js');
const SUBSCRIBERS = 5;
/** Between two e-mails of a subscriber, and between two cores. */
const [REFRESH_MS, APART_MS] = [50, 1500];

/** @returns {Promise<{ child: import('node:child_process').ChildProcess, address: string }>} */
async function service(t) {
  const env = cleanEnvironment({ PORT: '0', REFRESH_MS: `${REFRESH_MS}` });
  const child = fork(APP, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, address: /http:\S+/.exec(line)[0] };
}

async function post(address, name) {
  const response = await fetch(address, { method: 'POST', body: new URLSearchParams({ name }) });
  assert.ok(response.ok, `${response.status} of ${address}`);
}

test('three cores of a service lead from the growing class to the function that retains it', onLinux, async (t) => {
  const directory = temporaryDirectory();
  const { child, address } = await service(t);
  await post(`${address}users/new`, 'foo');
  for (let subscriber = 0; subscriber < SUBSCRIBERS; subscriber++) await post(`${address}users/subscribe`, 'foo');

  const cores = [];
  for (const number of [1, 2, 3]) {
    await sleep(APART_MS);
    const file = path.join(directory, `core.${number}`);
    process.kill(child.pid, 'SIGSTOP');
    writeCore(child.pid, file);
    process.kill(child.pid, 'SIGCONT');
    cores.push(file);
  }

  // v8 findjsobjects, three times.
  const counts = cores.map((core) => {
    const { classes } = report(['classes', core, '--top', '100000']);
    const count = (name) => classes.find((one) => one.name === name)?.instances ?? 0;
    return { nodes: count('EmailTemplateNode'), templates: count('EmailTemplate') };
  });
  for (const name of ['nodes', 'templates']) {
    const [first, second, third] = counts.map((one) => one[name]);
    assert.ok(0 < first && first < second && second < third, `${name}: ${JSON.stringify(counts)}`);
  }

  // The same in one command: what grew each time.
  const { classes } = report(['diff', ...cores, '--top', '1000']);
  const grown = classes.classes.find(({ name }) => name === 'EmailTemplate');
  assert.deepEqual(
    grown?.instances,
    counts.map(({ templates }) => templates),
  );

  // v8 findjsinstances, then v8 inspect.
  const last = cores[2];
  const { instances } = report(['instances', last, 'EmailTemplate', '--top', '100000']);
  assert.equal(instances.length, counts[2].templates);
  // One that was replaced long ago: its subscriber made others since.
  const [{ id }] = [...instances].sort((a, b) => b.distance - a.distance);
  const { object, address: where } = report(['inspect', last, `@${id}`]);
  assert.equal(object.class, 'EmailTemplate');
  assert.match(where, /^0x[\da-f]+$/);

  // v8 findrefs -v.
  const { references } = report(['refs', last, where]);
  assert.equal(references[0].access, '.template');

  // The same again and again, up to a root.
  const [{ path: found }] = report(['paths', last, where]).shapes;
  const steps = ['Timeout', 'refreshSubscription()', 'context.subscriptionTemplate', 'send()', 'context.original'];
  for (const step of steps) assert.ok(found.text.includes(step), `${step} is not on the path: ${found.text}`);
  const keeper = found.parts.find(({ text }) => text.startsWith('refreshSubscription'));
  assert.equal(path.basename(keeper.position.script), 'subscription.js');
});
