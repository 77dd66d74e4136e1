// A fleet, for real: eight processes of which one leaks, watched by a Prometheus server with the
// rules beside this file. Ends with status 1 where the alert does not fire for the one that leaks,
// or for any other, or is raised or hidden by a deploy.
//
//   npm run fleet
//
// Minutes of the rules are taken for seconds, so that it ends while one watches.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchPrometheus } from '../../scripts/fetch-prometheus.mjs';

const here = import.meta.dirname;

/** Time enough for a leak to be suspected on a slow machine, in seconds. */
const PATIENCE_S = 240;

// Small enough that a leak is a large share of it before long, in MiB.
const HEAP_LIMIT_MIB = 128;

/** Seconds to look on after a deploy: twice what a false alert would take. */
const AFTER_DEPLOY_S = 25;

const programs = fetchPrometheus();
if (programs === undefined) {
  console.log('skipped: there is no Prometheus on this system, and no Debian package of it can be had');
  process.exit();
}
const { prometheus, promtool } = programs;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-fleet-'));
/** @type {Map<import('node:child_process').ChildProcess, { instances: string[] }>} */
const running = new Map();
const lines = [];

const faster = (text) =>
  text
    .replace(/\b15s\b/g, '1s')
    .replace(/\b(\d+)m\b/g, '$1s')
    .replace(/\b(\d+)h\b/g, '$1m');

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function start(file, env, instances) {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_LIMIT_MIB}`, path.join(here, file)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop();
    lines.push(...whole.map((line) => JSON.parse(line)));
  });
  running.set(child, { instances });
  return child;
}

async function end(child) {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}

function writeTargets() {
  const targets = [...running.values()].flatMap(({ instances }) => instances);
  fs.writeFileSync(path.join(work, 'targets.new'), JSON.stringify([{ targets }]));
  fs.renameSync(path.join(work, 'targets.new'), path.join(work, 'targets.json'));
}

const instanceOf = (port) => `127.0.0.1:${port}`;
const separate = (port, version, leaks) =>
  start('service.js', { PORT: String(port), VERSION: version, LEAK: leaks ? '1' : '' }, [instanceOf(port)]);

async function until(what, ask) {
  const giveUp = Date.now() + PATIENCE_S * 1000;
  for (;;) {
    const found = await ask().catch(() => undefined);
    if (found) return found;
    if (Date.now() > giveUp) throw new Error(`${PATIENCE_S} seconds, and still not: ${what}`);
    await sleep(500);
  }
}

let server;
const api = async (question) => {
  const answer = await (await fetch(`${server}/api/v1/${question}`)).json();
  assert.equal(answer.status, 'success', JSON.stringify(answer));
  return answer.data;
};
const query = async (expression) => (await api(`query?query=${encodeURIComponent(expression)}`)).result;
const firing = async (name) => {
  const { alerts } = await api('alerts');
  return alerts.filter(({ labels, state }) => labels.alertname === name && state === 'firing');
};

async function startPrometheus(port) {
  fs.mkdirSync(path.join(work, 'rules'));
  for (const file of ['prometheus.yml', 'rules/recording.yml', 'rules/alerts.yml']) {
    fs.writeFileSync(path.join(work, file), faster(fs.readFileSync(path.join(here, file), 'utf8')));
  }
  const listen = `127.0.0.1:${port}`;
  const child = spawn(
    prometheus,
    [
      '--config.file',
      path.join(work, 'prometheus.yml'),
      '--storage.tsdb.path',
      path.join(work, 'data'),
      '--web.listen-address',
      listen,
    ],
    { stdio: ['ignore', 'ignore', fs.openSync(path.join(work, 'prometheus.log'), 'w')] },
  );
  server = `http://${listen}`;
  running.set(child, { instances: [] });
  await until('Prometheus answers', async () => (await fetch(`${server}/-/ready`)).ok);
}

/** What one process costs the fleet. */
async function measure(instance) {
  const url = `http://${instance}/metrics`;
  const text = await (await fetch(url)).text();
  execFileSync(promtool, ['check', 'metrics'], { input: text, stdio: ['pipe', 'inherit', 'inherit'] });
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  return { series, bytes: Buffer.byteLength(text) };
}

/** Everything that the dashboard asks: the server must understand it, and know something. */
async function tryDashboard() {
  const { panels } = JSON.parse(fs.readFileSync(path.join(here, 'grafana-dashboard.json'), 'utf8'));
  for (const { title, targets } of panels) {
    for (const { expr } of targets) {
      const result = await query(expr.replace(/\$(job|version)\b/g, '.+'));
      assert.ok(result.length > 0, `the panel "${title}" is empty: ${expr}`);
    }
  }
  return panels.length;
}

function say(text) {
  console.log(text);
}

async function demonstrate() {
  execFileSync(promtool, ['test', 'rules', 'tests.yml'], {
    cwd: path.join(here, 'rules'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  say('promtool: the rules pass their tests');

  const [prometheusPort, ...ports] = await freePorts(13);
  const separatePorts = ports.slice(0, 4);
  const clusterPorts = ports.slice(4, 8);
  const newPorts = ports.slice(8, 12);
  const leaking = instanceOf(separatePorts[2]);
  const old = separatePorts.map((port, index) => separate(port, '1.0.0', index === 2));
  start('cluster.js', { PORTS: clusterPorts.join(','), VERSION: '1.0.0', LEAK: '' }, clusterPorts.map(instanceOf));
  await startPrometheus(prometheusPort);
  writeTargets();
  await until('eight processes are scraped', async () => (await query('up == 1')).length === 8);
  say(`Prometheus scrapes 8 processes, 4 of them in a cluster; ${leaking} leaks`);

  const alerts = await until('the alert fires', async () => {
    const found = await firing('MemoryLeak');
    return found.length > 0 && found;
  });
  for (const { labels, annotations } of alerts) {
    assert.equal(labels.instance, leaking, 'an alert for a process that does not leak');
    say(`FIRING ${annotations.summary}`);
  }
  const log = await until('its log says so', async () =>
    lines.find(({ event, instance }) => event === 'leak' && instance === leaking),
  );
  assert.ok(
    log.where.some((place) => place.includes('sessions.js:')),
    `the log does not name the code: ${JSON.stringify(log)}`,
  );
  say(`its log: ${JSON.stringify(log)}`);
  say(`${await tryDashboard()} panels of the dashboard have data`);
  const { series, bytes } = await measure(leaking);
  const [
    {
      value: [, stored],
    },
  ] = await query(`count({instance="${leaking}",__name__=~"memwatch_.*"})`);
  say(`one process: ${series} series, ${bytes} bytes a scrape; ${stored} in the server`);

  await until('the version is told of', async () => (await firing('MemoryLeakInVersion')).length > 0);
  for (const [index, port] of newPorts.entries()) {
    separate(port, '1.0.1', false);
    await end(old[index]);
    writeTargets();
    await sleep(2000);
  }
  say('deployed 1.0.1, which does not leak, one process after the other');
  const [version] = await firing('MemoryLeakInVersion');
  assert.equal(version?.labels.version, '1.0.0', 'the deploy hid the leak');
  say(`still FIRING, for an hour: ${version.annotations.summary}`);
  for (let seconds = 0; seconds < AFTER_DEPLOY_S; seconds++) {
    for (const { labels } of [...(await firing('MemoryLeak')), ...(await firing('MemoryLeakInVersion'))]) {
      assert.equal(labels.version, '1.0.0', `the deploy raised an alert: ${JSON.stringify(labels)}`);
    }
    await sleep(1000);
  }
  assert.deepEqual(await firing('MemoryLeak'), [], 'the process that is gone is still told of');
  say('no process leaks any more, and no new one was blamed');
}

try {
  await demonstrate();
} finally {
  await Promise.all([...running.keys()].map(end));
  fs.rmSync(work, { recursive: true, force: true });
}
