// What a person sees who types `npx memwatch run npm start` in an application fresh from a framework's own starter, with a
// leak in one route: file and line of the TypeScript source and the route within two minutes of 20 requests a second, and
// the reference to cut with two more commands. The applications come from the npm registry, one after the other.
//
//   npm run test:starters                next, nest, fastify and express
//   npm run test:starters -- next nest   those
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { pack } from './pack.mjs';
import { STARTERS } from './starters/apps.mjs';

/** In milliseconds: 20 requests a second, for two minutes. */
const BETWEEN_REQUESTS_MS = 50;
const TRAFFIC_MS = 120_000;

/** In milliseconds. `npm start` of some compiles first. */
const START_MS = 90_000;

/** So many requests go to as many ids. */
const IDS = 50;

const chosen = process.argv.slice(2);
const unknown = chosen.filter((word) => !STARTERS.some(({ name }) => name === word));
if (unknown.length > 0) {
  console.error(`no starter ${unknown.join(' or ')}: there are ${STARTERS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-starters-'));
const quiet = { ...process.env, CI: '1', NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1' };
const AUDIT_LESS = ['--no-audit', '--no-fund'];

/** Runs a command to its end; throws with what it printed. @param {string} cwd @param {string[]} command */
function done(cwd, [program, ...words]) {
  try {
    return execFileSync(program, words, { cwd, env: quiet, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    throw new Error(`${[program, ...words].join(' ')}\n${stdout}\n${stderr}`);
  }
}

/** @param {import('./starters/apps.mjs').Starter} starter @param {string[]} archives */
function make({ name, make: words, add = [], files, edits = [], build }, archives) {
  const folder = path.join(work, name);
  fs.mkdirSync(folder);
  done(folder, ['npx', '--yes', ...words]);
  const app = path.join(folder, 'app');
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(app, file)), { recursive: true });
    fs.writeFileSync(path.join(app, file), text);
  }
  for (const [file, from, to] of edits) {
    const text = fs.readFileSync(path.join(app, file), 'utf8');
    assert.ok(text.includes(from), `${name}: ${file} has no ${from}`);
    fs.writeFileSync(path.join(app, file), text.replace(from, to));
  }
  done(app, ['npm', 'install', ...AUDIT_LESS, ...archives, ...add]);
  done(app, ['npm', 'run', build]);
  return app;
}

/** A port that nobody listens on. */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  return port;
}

/** The status of an answer; 0 for none. @param {string} url @param {http.Agent} agent @returns {Promise<number>} */
function request(url, agent) {
  return new Promise((resolve) => {
    const asked = http.get(url, { agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.on('error', () => resolve(0));
  });
}

/** Sends requests until the time is up or the watch says so. @param {string} url @param {() => boolean} isSeen */
async function drive(url, isSeen) {
  const agent = new http.Agent({ keepAlive: true });
  const started = performance.now();
  while ((await request(`${url}0`, agent)) !== 200) {
    assert.ok(performance.now() - started < START_MS, `${url} did not answer`);
    await delay(500);
  }
  const since = performance.now();
  let sent = 0;
  let failed = 0;
  while (performance.now() - since < TRAFFIC_MS && !isSeen()) {
    void request(`${url}${sent++ % IDS}`, agent).then((status) => {
      if (status !== 200) failed++;
    });
    await delay(BETWEEN_REQUESTS_MS);
  }
  agent.destroy();
  return { sent, failed, seconds: Math.round((performance.now() - since) / 1000) };
}

/** @param {import('./starters/apps.mjs').Starter} starter @param {string} app */
async function watch({ name, env, port: fixed, url, place, route, kept }, app) {
  const port = fixed ?? (await freePort());
  const memwatch = path.join(app, 'node_modules', '.bin', 'memwatch');
  const running = spawn(memwatch, ['run', '--no-dashboard', 'npm', 'start'], {
    cwd: app,
    env: { ...quiet, ...env(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  running.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const confirmed = () => /a leak is confirmed in .* \(pid (\d+)\).*/.exec(said);
  try {
    const { sent, failed, seconds } = await drive(`http://localhost:${port}${url}`, () => confirmed() !== null);
    console.log(`${name}: ${sent} requests in ${seconds} s, ${failed} failed`);
    const [line, pid] = confirmed() ?? [];
    assert.ok(line !== undefined, said);
    console.log(`  ${line}`);
    assert.match(line, place);
    if (route !== null) assert.match(line, route);
    const taken = JSON.parse(done(app, [memwatch, 'snapshot', /** @type {string} */ (pid), '--json']));
    const answer = done(app, [memwatch, 'analyze', taken.path]);
    const chain = answer.split('\n').find((text) => kept.test(text)) ?? '';
    console.log(`  ${chain.trim()}`);
    assert.ok(chain !== '' && /^ +cut here > /m.test(answer), answer);
  } finally {
    running.kill('SIGTERM');
    if (running.exitCode === null && running.signalCode === null) await once(running, 'exit');
  }
}

try {
  const archives = pack({ out: path.join(work, 'packages') }).map(({ archive }) => archive);
  for (const starter of STARTERS.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
    await watch(starter, make(starter, archives));
  }
  console.log('all starters: file, line and route were named, and the reference to cut');
} finally {
  fs.rmSync(work, { recursive: true, force: true });
}
