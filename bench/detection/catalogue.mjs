// The programs of the evaluation, as data: what each is, at which rates it runs, and what is guilty. How a program
// works is in programs/; how a run ends and is judged is not here.
import { createHash } from 'node:crypto';

const MB = 2 ** 20;

/** The growth of a leak at full speed, in bytes a second: what would leak faster is held to it. */
export const FULL_GROWTH = 60 * MB;

/** Between the two: too slow to be found within seconds, too fast to be followed for minutes. In bytes a second. */
const MIDDLE_GROWTH = 2 * MB;

/** The growth of a leak at the calm rate, in bytes a second. */
const CALM_GROWTH = 0.75 * MB;

/** A leak runs at these paces where it does not name its own. Its control needs no run between the two. */
const LEAK_PACES = ['full', 'middle', 'calm'];
const CONTROL_PACES = ['full', 'calm'];

/**
 * Leaks. `bytes` is what one operation leaves behind on Node 20, about: rates are chosen by it, growth is measured.
 * `guilty` are packages and functions, any of which names the leak. `control: 'fixed'` is the same program with the
 * repaired version of the package, `'healthy'` a variant of the program. `measure` is the series that grows. `paces`
 * leaves out those that a program cannot keep beside others.
 */
const LEAKS = [
  { name: 'debug', bytes: 266, guilty: ['debug'], control: 'fixed' },
  { name: 'axios', bytes: 6500, guilty: ['axios'], control: 'fixed' },
  { name: 'mem', bytes: 155, guilty: ['mem'], control: 'fixed' },
  { name: 'eventemitter2', bytes: 121, guilty: ['eventemitter2'], control: 'fixed' },
  // Half a core at the middle rate.
  {
    name: 'react-helmet',
    bytes: 18_500,
    guilty: ['react-helmet', 'react-side-effect'],
    control: 'healthy',
    paces: ['full', 'calm'],
  },
  { name: 'ajv', bytes: 4500, guilty: ['ajv'], control: 'healthy' },
  // More requests than that is no calm rate for a server and its client in one process.
  {
    name: 'session',
    bytes: 2030,
    calmGrowth: 0.6 * MB,
    guilty: ['express-session'],
    control: 'healthy',
    fixed: true,
    paces: ['full', 'calm'],
  },
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

/**
 * Leaks that came later. `followed` runs on for so many seconds after the leak was found: it must not be called cleared
 * while its memory is kept.
 */
const LATER_LEAKS = [
  { name: 'native-beside-external', bytes: 178_000, measure: 'rss', guilty: ['compressorFor'], control: 'healthy' },
  // It is asked half of the time, then at the rates of the others.
  { name: 'bursts', bytes: 3000, guilty: ['answerInBursts', 'answer'], control: 'healthy', paces: ['middle', 'calm'] },
  {
    name: 'pauses',
    bytes: 3000,
    guilty: ['answerAndKeep', 'answer'],
    control: 'healthy',
    paces: ['calm'],
    followed: 240,
  },
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

/** Healthy programs that came later. `seconds` is how long one must run before it shows what it is. */
const LATER_HEALTHY = [
  // Six minutes until its rate has halved twice: a cache that fills ever more slowly.
  { name: 'bounded-cache', calm: 180, seconds: 420 },
  { name: 'sessions-expire', calm: 250, seconds: 150 },
];

/**
 * A third of the leaks, of the healthy programs, and of those that came later are kept out of tuning: those whose names
 * come first when ordered by their SHA-256. So nobody chose them, and what comes later moves none of the earlier ones.
 * A leak and its control are one program.
 */
export const HELD_OUT = [LEAKS, HEALTHY, [...LATER_LEAKS, ...LATER_HEALTHY]].flatMap((programs) => {
  const names = programs.map(({ name }) => name).sort((a, b) => (digest(a) < digest(b) ? -1 : 1));
  return names.slice(0, Math.round(names.length / 3));
});

function digest(name) {
  return createHash('sha256').update(name).digest('hex');
}

/** Each case once for each rate. `rate` is in operations a second, `null` is as fast as it goes. */
export const CASES = [
  ...[...LEAKS, ...LATER_LEAKS].flatMap(casesOfLeak),
  ...[...HEALTHY, ...LATER_HEALTHY].flatMap(casesOfHealthy),
];

function casesOfLeak(
  /** @type {Record<string, any>} */ {
    name,
    bytes,
    measure = 'heap',
    guilty,
    control,
    fixed = false,
    calmGrowth,
    paces,
    followed,
  },
) {
  const growth = { full: FULL_GROWTH, middle: MIDDLE_GROWTH, calm: calmGrowth ?? CALM_GROWTH };
  const folder = control === 'fixed' || fixed ? 'healthy' : 'leaking';
  return (paces ?? LEAK_PACES).flatMap((pace) => {
    const both = {
      program: name,
      pace,
      rate: growth[pace] / bytes,
      bytes,
      measure,
      isHeldOut: HELD_OUT.includes(name),
    };
    const leak = { ...both, name, kind: 'leak', variant: 'leaking', folder: 'leaking', guilty, followed };
    if (!CONTROL_PACES.includes(pace)) return [leak];
    return [
      leak,
      { ...both, name: `${name}, repaired`, kind: 'control', variant: 'healthy', folder, bytes: 0, guilty: [] },
    ];
  });
}

function casesOfHealthy(/** @type {Record<string, any>} */ { name, seconds, ...rates }) {
  return Object.entries(rates).map(([pace, rate]) => ({
    name,
    program: name,
    kind: 'healthy',
    variant: 'healthy',
    folder: 'healthy',
    pace,
    rate,
    seconds,
    bytes: 0,
    measure: 'heap',
    guilty: [],
    isHeldOut: HELD_OUT.includes(name),
  }));
}
