// Which test files are run where not all are: on each version of Node, and where what calls V8 is tried alone. Runs
// nothing.
import path from 'node:path';
import { testFiles } from './suite.mjs';

/** Parts of the names of test files that are left out. */
const LEFT_OUT = [
  ...[
    'flight-recorder-damaged',
    'flight-recorder-race',
    'bundle',
    'cli',
    'container-limit',
    'dashboard',
    'declared',
    'documents',
  ],
  ...[
    'examples',
    'expect-no-leak',
    'format',
    'links',
    'options',
    'packages',
    'page',
    'printable',
    'quota-race',
    'rate',
  ],
  ...['redact', 'reports', 'run-', 'run.test', 'secrets', 'shared-directory', 'shown-outputs', 'snapshot-odd-files'],
  ...['suspect-source', 'threads-judge', 'top.test', 'types.test'],
];

/** What calls V8, reads its memory, forks, or is called by it. */
const NATIVE = [
  ...['core-', 'delivery', 'headers', 'heap-diff.test', 'heap-diff-ids', 'heap-diff-noise', 'leak.test', 'live-diff'],
  ...['module', 'native-errors', 'permission', 'reader-', 'reload', 'runtime-flags', 'sites-sampler', 'sites-teardown'],
  ...['snapshot-engine', 'snapshot-live.test', 'snapshot-live-copy', 'snapshot-live-end', 'stats', 'stream'],
  ...['attach', 'triggers.test', 'worker', 'wrong-calls'],
];

const isLeftOut = (/** @type {string} */ file) => LEFT_OUT.some((part) => file.includes(part));

/** What may depend on the version of Node. */
export const versionFiles = () => testFiles().filter((file) => !isLeftOut(file));

/** What calls V8. */
export const nativeFiles = () => testFiles(NATIVE).filter((file) => !isLeftOut(file));

/**
 * What would not work at all where the C library or the processor were too different: what is read from V8, a thread, a
 * forked child, its locks, files, loading. By the names of files, for a platform that is tried beside the others.
 */
const ESSENTIAL = [
  ...['cli-binary', 'elf', 'heap-diff', 'leak', 'loading-errors', 'native-memory', 'platforms'],
  ...['snapshot-engine', 'snapshot-live', 'stats', 'symbols', 'triggers', 'worker-teardown', 'workers'],
].map((name) => `${name}.test.js`);

/** The least that is run on a platform. */
export const essentialFiles = () => testFiles().filter((file) => ESSENTIAL.includes(path.basename(file)));
