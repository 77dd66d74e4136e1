// Runs one program and watches it from outside: wall time from start to end, processor
// time, peak memory, and an end where it takes too long. Knows nothing of what it runs.
import { spawn } from 'node:child_process';
import fs from 'node:fs';

/** Milliseconds. A phase of the largest snapshots takes far longer; reading takes 20 µs. */
const SAMPLE_EVERY = 5;

/** Linux counts processor time for programs in hundredths of a second, whatever the kernel's own clock. */
const TICK_MS = 10;

/** How many characters of what a program said last are kept when it fails. */
const SAID = 300;

/**
 * Bytes that the system counts for a process: the most it ever had in memory, and of
 * what it has now the part that no file backs. A mapped file counts in the first only.
 * `null` where there is no /proc, or no process any more.
 */
function memoryOf(pid) {
  let status;
  try {
    status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return null;
  }
  const field = (name) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status);
    return found && Number(found[1]) * 1024;
  };
  const peakRss = field('VmHWM');
  // An ending process still has a status, and no memory in it.
  return peakRss === null ? null : { peakRss, anonymous: field('RssAnon') };
}

/** Milliseconds that all threads of a process have run so far; `null` as above. */
function cpuOf(pid) {
  try {
    // The name of the program comes before, in parentheses, and may hold anything.
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
    const [user, system] = fields.slice(11, 13);
    return (Number(user) + Number(system)) * TICK_MS;
  } catch {
    return null;
  }
}

/**
 * @returns {Promise<{wallMs: number, cpuMs: number, peakRss: number, peakAnonymous: number, status: number | null,
 *   finished: boolean, output: string, said: string}>}  `status` is `null` after a signal;
 *   memory and processor time are NaN where the system does not tell them
 */
export function measureProcess(command, args, limitMs) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let peakRss = NaN;
    let peakAnonymous = NaN;
    let cpuMs = NaN;
    let finished = true;
    let wallMs;
    let output = '';
    let said = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (said = (said + data).slice(-SAID)));
    const sampling = setInterval(() => {
      const memory = memoryOf(child.pid);
      if (memory === null) return;
      cpuMs = cpuOf(child.pid) ?? cpuMs;
      peakRss = memory.peakRss;
      // The first value replaces NaN, with which nothing compares.
      if (!(memory.anonymous <= peakAnonymous)) peakAnonymous = memory.anonymous;
    }, SAMPLE_EVERY);
    const limit = setTimeout(() => {
      finished = false;
      child.kill('SIGKILL');
    }, limitMs);
    const stop = () => {
      clearInterval(sampling);
      clearTimeout(limit);
    };
    child.once('error', (error) => {
      stop();
      reject(error);
    });
    child.once('exit', () => {
      wallMs = Number(process.hrtime.bigint() - started) / 1e6;
      stop();
    });
    child.once('close', (status) => resolve({ wallMs, cpuMs, peakRss, peakAnonymous, status, finished, output, said }));
  });
}
