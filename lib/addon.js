'use strict';
// Finds, loads and checks the native addon, once for each environment. Every
// problem of a runtime or an installation is reported here, as one sentence and a code.
// The work of the addon is out of scope here; native.js calls its functions.

const { createRequire } = require('node:module');
const v8 = require('node:v8');
const { addonFile } = require('./addon-file.js');
const { whyNotLoadable } = require('./elf.js');
const { withCode } = require('./errors.js');
const { nativeOf } = require('./native.js');
const { whyNoAddons } = require('./permission.js');
const { platformName } = require('./platform.js');

// NODE_MODULE_VERSION of the versions whose V8 was tried: Node 18, 20, 22, 24, 25, 26.
const TRIED_MODULE_VERSIONS = new Set(['108', '115', '127', '137', '141', '147']);
const TRIED = 'Node.js 18, 20, 22, 24, 25 and 26';

// Node's own numbers and ours are read one after another. What JavaScript allocates in
// between is far below this many bytes, or this share of a large heap.
const SELF_TEST_TOLERANCE_BYTES = 512 * 1024;
const SELF_TEST_TOLERANCE_SHARE = 0.1;

// A collection may fall between the two readings; it does not do so each time.
const SELF_TEST_TRIES = 4;

// How a loader says that the program has no such function of V8: glibc's and Apple's, musl's, and on Windows the addon.
const V8_SYMBOL_MISSING = [
  /undefined symbol: (\?\S+@v8@@\S*)/,
  /(?:undefined symbol|[Ss]ymbol not found)[^_]*(_+ZN?K?2v8\w+)/,
  /(_+ZN?K?2v8\w+): symbol not found/,
];

function runtimeName() {
  const { electron } = process.versions;
  return electron === undefined ? process.version : `Electron ${electron} with the V8 of Node.js ${process.version}`;
}

/** Throws where no binary of ours can work. */
function checkRuntime() {
  const other = ['bun', 'deno'].find((name) => process.versions[name] !== undefined);
  if (other !== undefined || process.versions.v8 === undefined) {
    throw withCode(
      new Error(`memwatch reads V8's heap inside Node.js and does not work under ${other ?? 'a runtime without V8'}.`),
      'ERR_MEMWATCH_UNSUPPORTED_RUNTIME',
    );
  }
  if (TRIED_MODULE_VERSIONS.has(process.versions.modules) || process.env.MEMWATCH_UNTRIED_NODE === '1') return;
  throw withCode(
    new Error(
      `memwatch ${require('../package.json').version} works on ${TRIED}, but this is ${runtimeName()}: ` +
        'update memwatch or change Node.js, or set MEMWATCH_UNTRIED_NODE=1 to try it anyway.',
    ),
    'ERR_MEMWATCH_UNSUPPORTED_NODE',
  );
}

/** Throws before the system's loader would end the process or load a file of another platform. */
function checkFile(file) {
  if (process.platform !== 'linux') return;
  const why = whyNotLoadable(file, process.arch);
  if (why !== null) throw new Error(why);
}

// How Windows says that it may not open a file that is there.
const FILE_HELD = /access is denied|being used by another process|contains a virus/i;

/** Without its last period. Windows writes lines. @param {string} message */
const oneLine = (message) =>
  message
    .trim()
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/\.$/, '');

/** Why a file cannot be loaded, and what to do about it. */
function whyUnusable(message) {
  const symbol = V8_SYMBOL_MISSING.map((pattern) => pattern.exec(message)).find((match) => match !== null) ?? null;
  if (symbol === null && process.platform === 'win32' && FILE_HELD.test(message)) {
    return (
      `${oneLine(message)}. Another program, such as a virus scanner, may hold the file, or this user ` +
      'may not read it: exclude node_modules from the scan, check who may read it, or install memwatch again.'
    );
  }
  if (symbol === null) {
    return `${oneLine(message)}. It may be damaged or built for another platform; install memwatch again on this one.`;
  }
  const { electron } = process.versions;
  return (
    `${electron === undefined ? 'this program' : `Electron ${electron}`} does not export V8's function ${symbol[1]} to ` +
    'addons; programs that embed Node.js may leave it out. memwatch works in Node.js itself.'
  );
}

function open(file, name) {
  try {
    checkFile(file);
    return createRequire(__filename)(file);
  } catch (cause) {
    if (cause.code === 'ERR_DLOPEN_DISABLED') {
      const why = whyNoAddons([process.permission === undefined ? '--no-addons' : '--permission']);
      throw withCode(new Error(why, { cause }), 'ERR_MEMWATCH_ADDON_UNUSABLE');
    }
    throw withCode(
      new Error(
        `memwatch's native addon ${file} cannot be loaded on ${name}, ${process.version}: ${whyUnusable(cause.message)}`,
        { cause },
      ),
      'ERR_MEMWATCH_ADDON_UNUSABLE',
    );
  }
}

/** An addon left from before an update, or copied next to a bundle, may lack functions that are called here. */
function checkVersion(addon, file) {
  const { version } = require('../package.json');
  const own = addon.version?.();
  if (own === version) return;
  throw withCode(
    new Error(
      `memwatch's native addon ${file} has ${own === undefined ? 'another version' : `version ${own}`}, but memwatch ` +
        `has version ${version}: reinstall or rebuild it.`,
    ),
    'ERR_MEMWATCH_ADDON_UNUSABLE',
  );
}

/** The first number that the addon reads otherwise than Node reports it, if any. */
function findDisagreement(addon) {
  const ours = addon.probe();
  const nodes = v8.getHeapStatistics();
  const spaces = v8.getHeapSpaceStatistics().reduce((sum, space) => sum + space.space_used_size, 0);
  const near = (a, b) =>
    Math.abs(a - b) <= Math.max(SELF_TEST_TOLERANCE_BYTES, SELF_TEST_TOLERANCE_SHARE * Math.max(a, b));
  const checks = [
    ['heap limit', ours.heapSizeLimit === nodes.heap_size_limit && ours.heapSizeLimit >= ours.usedHeapSize],
    ['used heap', ours.usedHeapSize > 0 && near(ours.usedHeapSize, nodes.used_heap_size)],
    ['sum of heap spaces', near(ours.usedHeapSize, spaces)],
    ['total heap', ours.totalHeapSize >= ours.usedHeapSize && near(ours.totalHeapSize, nodes.total_heap_size)],
    ['number of native contexts', ours.numberOfNativeContexts === nodes.number_of_native_contexts],
  ];
  return checks.find(([, holds]) => !holds)?.[0];
}

/** The addon reads V8's numbers by their place in memory, which a new V8 may change. */
function selfTest(addon) {
  let disagreement;
  for (let tries = 0; tries < SELF_TEST_TRIES; tries++) {
    disagreement = findDisagreement(addon);
    if (disagreement === undefined) return;
  }
  throw withCode(
    new Error(
      `memwatch does not understand the V8 of this Node.js (${process.version}, V8 ${process.versions.v8}): ` +
        `its ${disagreement} is not what Node itself reports. Update memwatch.`,
    ),
    'ERR_MEMWATCH_SELF_TEST',
  );
}

/** @returns {import('./types.js').Addon} */
function load() {
  checkRuntime();
  const name = platformName();
  const file = addonFile(name);
  const addon = nativeOf(open(file, name));
  checkVersion(addon, file);
  selfTest(addon);
  return addon;
}

module.exports = load();
