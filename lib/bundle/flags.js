'use strict';
// Options of Node.js and V8 that affect memory: what each means for the question whether a process
// leaks. Parses arguments; queries no process.

/**
 * By name, without dashes and with V8's underscores as dashes: a sentence, or one about the value that the option takes.
 * @type {Record<string, string | ((value: string | undefined) => string)>}
 */
const MEANINGS = {
  'max-old-space-size': (value) =>
    `The heap may grow to ${value} MiB. With more room V8 collects less often: the heap of a healthy process ` +
    'may rise for a long time, up to several times what it needs. Judge by the live heap after full collections, not by the used heap.',
  'max-old-space-size-percentage': (value) =>
    `The heap may grow to ${value} % of the memory of the machine or the container. On a large machine it rises long before V8 collects.`,
  'max-heap-size': (value) => `The whole heap may grow to ${value} MiB.`,
  'max-semi-space-size': (value) =>
    `The young generation may take three times ${value} MiB. That much more is in use before anything is wrong, and scavenges are rarer and longer.`,
  'min-semi-space-size': (value) => `The young generation begins at three times ${value} MiB.`,
  'semi-space-growth-factor': 'The young generation is not sized as usual.',
  'initial-old-space-size': (value) =>
    `V8 runs no full collection before the heap has reached ${value} MiB: the heap rises until then in any case.`,
  'initial-heap-size': (value) => `V8 runs no full collection before the heap has reached ${value} MiB.`,
  'expose-gc': 'The program can force collections: a live heap that is low because of them is not that of production.',
  'optimize-for-size': 'V8 saves memory at the cost of speed: the live heap is lower than usual.',
  'lite-mode': 'V8 does not optimise: the live heap is lower than usual.',
  jitless: 'V8 makes no machine code: the live heap is lower than usual.',
  'max-lazy': 'Functions are compiled when they are called: the live heap rises later in the life of a process.',
  'no-lazy': 'All functions are compiled immediately: the live heap is higher.',
  'no-flush-bytecode': 'Bytecode of unused functions is kept: the live heap stays higher.',
  'gc-interval': (value) => `V8 collects after each ${value} allocations: much slower, but the live heap is exact.`,
  'gc-global': 'Every collection is a full one.',
  'single-threaded-gc': 'Collections are not helped by other threads: pauses are longer.',
  'heapsnapshot-near-heap-limit': (value) =>
    `Up to ${value} heap snapshots are written shortly before the limit. Each needs the memory of the heap once more: the resident set jumps.`,
  'heapsnapshot-signal': (value) =>
    `${value} writes a heap snapshot, which needs the memory of the heap once more: the resident set jumps and stays.`,
  'heap-prof': 'The heap profiler runs: it takes some memory of its own.',
  inspect: 'The inspector is on and keeps what console.log() prints: a leak of its own.',
  'inspect-brk': 'The inspector is on and keeps what console.log() prints: a leak of its own.',
  'stack-size': (value) => `Stacks may take ${value} KiB.`,
  'max-http-header-size': (value) => `Each connection may hold ${value} bytes of headers.`,
};

/** Variables that change how memory outside of the heap looks. */
const VARIABLES = {
  MALLOC_ARENA_MAX: (/** @type {string} */ value) =>
    `glibc keeps ${value} arenas: the fewer, the less memory it holds back.`,
  UV_THREADPOOL_SIZE: (/** @type {string} */ value) =>
    `${value} threads of libuv's pool, each with a stack and an arena of malloc.`,
  LD_PRELOAD: (/** @type {string} */ value) =>
    `${value} is loaded before the system's libraries and may replace malloc.`,
};

/** Without dashes, in one spelling, and its value. @param {string} word */
function parse(word) {
  const [, name, value] = /^--?([^=]+)(?:=(.*))?$/.exec(word) ?? [];
  return name === undefined ? undefined : { name: name.replace(/_/g, '-'), value };
}

/** @param {string[]} words @param {string} from */
function explainWords(words, from) {
  return words.flatMap((/** @type {string} */ word, /** @type {number} */ index) => {
    const option = parse(word);
    if (option === undefined || !Object.hasOwn(MEANINGS, option.name)) return [];
    const means = MEANINGS[option.name];
    // Node takes the values of its own options as words of their own too.
    if (typeof means === 'string') return [{ option: word, from, means }];
    if (option.value !== undefined) return [{ option: word, from, means: means(option.value) }];
    const value = words[index + 1];
    return value === undefined ? [] : [{ option: `${word} ${value}`, from, means: means(value) }];
  });
}

/**
 * What the options of a process mean for its memory.
 * @param {string[]} execArgv
 * @param {Record<string, string | undefined>} environment
 * @returns {{ option: string, from: string, means: string }[]}
 */
function explainFlags(execArgv, environment) {
  const fromVariable = (environment.NODE_OPTIONS ?? '').split(/\s+/).filter((word) => word !== '');
  const variables = Object.entries(VARIABLES)
    .filter(([name]) => environment[name])
    .map(([name, means]) => ({
      option: `${name}=${environment[name]}`,
      from: 'the environment',
      means: means(environment[name] ?? ''),
    }));
  return [...explainWords(execArgv, 'the command line'), ...explainWords(fromVariable, 'NODE_OPTIONS'), ...variables];
}

module.exports = { explainFlags };
