'use strict';
// So many snapshots of a program that does a little of everything meanwhile: workers that
// allocate, timers, child processes, TLS, files, the thread pool. Counts what comes of the
// snapshots, what goes wrong in the program, and what is left at the end.
//
//   node live-stress.js COUNT

const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const zlib = require('node:zlib');
const memwatch = require('../..');

const count = Number(process.argv[2]);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-stress-'));
const OBJECTS = 50_000;
const WORKERS = 3;
const WARM_UP_ROUNDS = 8;

globalThis.kept = Array.from({ length: OBJECTS }, (_, i) => ({ i, o: { i } }));

let isOver = false;
/** Whatever the program does is looked at: what comes out wrong is harm. */
let harm = 0;
const check = (holds) => {
  if (!holds) harm++;
};
process.on('uncaughtException', (error) => {
  harm++;
  console.error(error);
});

const loops = {
  async childProcesses() {
    const child = spawn('sh', ['-c', 'cat; exit 3'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end('to the child');
    const [[status], text] = await Promise.all([
      once(child, 'close'),
      child.stdout.toArray().then((all) => all.join('')),
    ]);
    check(status === 3 && text === 'to the child');
    await sleep(20);
  },
  async files() {
    const file = path.join(directory, 'scratch');
    const bytes = crypto.randomBytes(100_000);
    await fs.promises.writeFile(file, bytes);
    check(bytes.equals(await fs.promises.readFile(file)));
    await fs.promises.unlink(file);
    await sleep(2);
  },
  async threadPool() {
    const packed = await new Promise((resolve) => zlib.gzip(Buffer.alloc(50_000, 'x'), (_, data) => resolve(data)));
    check(zlib.gunzipSync(packed).length === 50_000);
    await new Promise((resolve) => crypto.pbkdf2('a', 'b', 2000, 64, 'sha512', resolve));
  },
  async allocation() {
    globalThis.junk = Array.from({ length: 20_000 }, (_, i) => ({ i, text: `q${i}` })).slice(0, 1000);
    await sleep(1);
  },
  async tls() {
    const socket = tls.connect({ port: tlsPort, ...psk, checkServerIdentity: () => undefined });
    const bytes = crypto.randomBytes(20_000);
    socket.end(bytes);
    const heard = Buffer.concat(await socket.toArray());
    check(heard.equals(bytes));
    await sleep(5);
  },
};

// A key that both know: no certificates needed.
const secret = { psk: crypto.randomBytes(32), identity: 'bench' };
const TLS = /** @type {const} */ ('TLSv1.2');
const psk = { ciphers: 'PSK', minVersion: TLS, maxVersion: TLS, pskCallback: () => secret };
let tlsPort;

async function begin() {
  const server = tls.createServer({ ...psk, pskCallback: () => secret.psk, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => check(false));
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  tlsPort = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  const source =
    'const kept = []; setInterval(() => { for (let i = 0; i < 20_000; i++) kept.push({ i }); if (kept.length > 200_000) kept.length = 0; }, 5)';
  const workers = Array.from({ length: WORKERS }, () => new Worker(source, { eval: true }));
  for (const worker of workers) worker.on('error', () => check(false));
  const timer = setInterval(() => {}, 1);
  const running = Object.values(loops).map(async (loop) => {
    while (!isOver) {
      try {
        await loop();
      } catch (error) {
        harm++;
        console.error(error);
      }
    }
  });
  return async () => {
    isOver = true;
    clearInterval(timer);
    await Promise.all([...running, ...workers.map((worker) => worker.terminate())]);
    await new Promise((resolve) => server.close(resolve));
  };
}

const zombies = () =>
  fs.readdirSync('/proc').filter((name) => {
    try {
      const [, task, state, parent] = fs.readFileSync(`/proc/${name}/stat`, 'utf8').match(/\((.*)\) (\S) (\d+)/);
      return Number(parent) === process.pid && (state === 'Z' || task === 'memwatch-fork');
    } catch {
      return false;
    }
  }).length;
const descriptors = () => fs.readdirSync('/proc/self/fd').length;

(async () => {
  const errors = {};
  const pauses = [];
  let completed = 0;
  const file = path.join(directory, 'a.heapsnapshot');
  const takeOne = async (round) => {
    try {
      // Now to a file, now analysed.
      const { pauseMs } =
        round % 4 === 3
          ? await memwatch.analyzeNow({ mode: 'fork' })
          : await memwatch.writeSnapshot(file, { mode: 'fork' });
      pauses.push(pauseMs);
      completed++;
      fs.rmSync(file, { force: true });
    } catch (error) {
      if (error.code === undefined) throw error;
      const told = [error.code, error.signal].filter(Boolean).join(' ');
      errors[told] = (errors[told] ?? 0) + 1;
    }
  };
  // What the first ones leave for good, of the program's own too, is not counted.
  let end = await begin();
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await takeOne(round);
  await end();
  isOver = false;
  memwatch.gc();
  const before = { descriptors: descriptors(), bytes: process.memoryUsage().rss };
  completed = 0;
  pauses.length = 0;
  end = await begin();
  for (let round = 0; round < count; round++) {
    await takeOne(round);
    await sleep(5 + Math.random() * 40);
  }
  await end();
  memwatch.gc();
  await sleep(100);
  const left = { zombies: zombies(), descriptors: descriptors() - before.descriptors };
  const bytes = process.memoryUsage().rss - before.bytes;
  check(fs.readdirSync(directory).length === 0);
  fs.rmSync(directory, { recursive: true });
  console.log(JSON.stringify({ completed, errors, pauses, harm, ...left, bytes }));
  process.exit(0);
})();
