// The programs of the evaluation, as data: what each is, at which rates it runs, and what is guilty. How a program
// works is in programs/; how a run ends and is judged is not here.
import { createHash } from 'node:crypto';

const MB = 2 ** 20;

/** The growth of a leak at full speed, in bytes a second: what would leak faster is held to it. */
export const FULL_GROWTH = 60 * MB;

/** The growth of a leak at the calm rate, in bytes a second. */
const CALM_GROWTH = 0.75 * MB;

/**
 * Leaks. `bytes` is what one operation leaves behind on Node 20, about: rates are chosen by it, growth is measured.
 * `guilty` are packages and functions, any of which names the leak. `control: 'fixed'` is the same program with the
 * repaired version of the package, `'healthy'` a variant of the program. `measure` is the series that grows.
 */
const LEAKS = [
  { name: 'debug', bytes: 266, guilty: ['debug'], control: 'fixed' },
  { name: 'axios', bytes: 6500, guilty: ['axios'], control: 'fixed' },
  { name: 'mem', bytes: 155, guilty: ['mem'], control: 'fixed' },
  { name: 'eventemitter2', bytes: 121, guilty: ['eventemitter2'], control: 'fixed' },
  { name: 'react-helmet', bytes: 18_500, guilty: ['react-helmet', 'react-side-effect'], control: 'healthy' },
  { name: 'ajv', bytes: 4500, guilty: ['ajv'], control: 'healthy' },
  // More requests than that is no calm rate for a server and its client in one process.
  { name: 'session', bytes: 2030, calmGrowth: 0.6 * MB, guilty: ['express-session'], control: 'healthy', fixed: true },
  { name: 'keyv', bytes: 930, guilty: ['keyv'], control: 'healthy', fixed: true },
  { name: 'xstate', bytes: 5440, guilty: ['xstate'], control: 'healthy' },
  { name: 'jsdom', bytes: 590_000, guilty: ['jsdom'], control: 'healthy' },
  { name: 'log4js', bytes: 330, guilty: ['log4js'], control: 'healthy' },
  { name: 'prom-client', bytes: 515, guilty: ['prom-client'], control: 'healthy' },
  { name: 'dataloader', bytes: 170, guilty: ['dataloader'], control: 'healthy' },
  { name: 'promise-race', bytes: 345, guilty: ['raceAgainstShutdown'], control: 'healthy' },
  { name: 'hot-reload', bytes: 560, guilty: ['reload'], control: 'healthy' },
  { name: 'slice', bytes: 100_370, guilty: ['handleBody'], control: 'healthy' },
  { name: 'closure-chain', bytes: 221_184, guilty: ['refreshSubscription'], control: 'healthy' },
  { name: 'kept-contexts', bytes: 146_000, guilty: ['runForTenant'], control: 'healthy' },
  { name: 'kept-buffers', bytes: 32_900, measure: 'external', guilty: ['keepUpload'], control: 'healthy' },
  { name: 'kept-keys', bytes: 33_000, measure: 'rss', guilty: ['keepKey'], control: 'healthy' },
];

/** Healthy programs, with their operations a second; `full: null` is as fast as it goes. */
const HEALTHY = [
  { name: 'express', calm: 150, full: null },
  { name: 'lru', calm: 500, full: null },
  { name: 'i18next', calm: 200, full: null },
  { name: 'import-fresh', calm: 20, full: null },
  // Beyond that the loopback interface runs out of ports: each upload is a connection of its own.
  { name: 'multer', calm: 20, full: 300 },
  { name: 'inversify', calm: 200, full: null },
  // Each job waits half a second, and node-schedule starts some 800 a second, no more: at a higher rate what waits
  // grows without end, by 9 MB a second at 5000, and that is no healthy program.
  { name: 'node-schedule', calm: 50, full: 400 },
  { name: 'undici', calm: 100, full: null },
  { name: 'churn', calm: 200, full: null },
  { name: 'warm-up', calm: 100, full: null },
  // 300 MB in 225 operations: in 22 seconds, or as fast as it goes.
  { name: 'data-at-start', calm: 10, full: null },
  { name: 'compiler', full: null },
  { name: 'language-server', calm: 5, full: null },
  // Some 200 bytes an operation: batches of 15 MB, and of 200 MB.
  { name: 'batches', calm: 4000, full: 50_000 },
];

/**
 * A third of the leaks and a third of the healthy programs are kept out of tuning: those whose names come first when
 * ordered by their SHA-256. So nobody chose them. A leak and its control are one program.
 */
export const HELD_OUT = [LEAKS, HEALTHY].flatMap((programs) => {
  const names = programs.map(({ name }) => name).sort((a, b) => (digest(a) < digest(b) ? -1 : 1));
  return names.slice(0, Math.round(names.length / 3));
});

function digest(name) {
  return createHash('sha256').update(name).digest('hex');
}

/** Each case once for each rate. `rate` is in operations a second, `null` is as fast as it goes. */
export const CASES = [...LEAKS.flatMap(casesOfLeak), ...HEALTHY.flatMap(casesOfHealthy)];

function casesOfLeak({ name, bytes, measure = 'heap', guilty, control, fixed = false, calmGrowth = CALM_GROWTH }) {
  const rates = { full: FULL_GROWTH / bytes, calm: calmGrowth / bytes };
  return Object.entries(rates).flatMap(([pace, rate]) => {
    const both = { program: name, pace, rate, bytes, measure, isHeldOut: HELD_OUT.includes(name) };
    const folder = control === 'fixed' || fixed ? 'healthy' : 'leaking';
    return [
      { ...both, name, kind: 'leak', variant: 'leaking', folder: 'leaking', guilty },
      { ...both, name: `${name}, repaired`, kind: 'control', variant: 'healthy', folder, bytes: 0, guilty: [] },
    ];
  });
}

function casesOfHealthy({ name, ...rates }) {
  return Object.entries(rates).map(([pace, rate]) => ({
    name,
    program: name,
    kind: 'healthy',
    variant: 'healthy',
    folder: 'healthy',
    pace,
    rate,
    bytes: 0,
    measure: 'heap',
    guilty: [],
    isHeldOut: HELD_OUT.includes(name),
  }));
}
