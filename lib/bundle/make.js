'use strict';
// The contents of a bundle, and the order in which they are collected. index.js decides when one is made.

const path = require('node:path');
const v8 = require('node:v8');
const { version } = require('../../package.json');
const { checkFileName } = require('../file-names.js');
const { A_NAME, TRUE_OR_FALSE, check, checkOptions, kind } = require('../options.js');
const { redactArguments, redactEnvironment } = require('../secrets/index.js');
const { explainFlags } = require('./flags.js');
const { look } = require('./process.js');
const { about, makeDirectory, writeFiles } = require('./write.js');

/** What this process was started with, and what that means. @param {boolean} keepSecrets */
function describe(keepSecrets) {
  const { execArgv, argv, env, versions, release, platform, arch, pid, ppid, title, execPath } = process;
  const words = (/** @type {string[]} */ all) => (keepSecrets ? all : redactArguments(all));
  const variables = (/** @type {NodeJS.ProcessEnv} */ all) => (keepSecrets ? all : redactEnvironment(all));
  const options = keepSecrets ? execArgv : redactArguments(execArgv, { executable: false });
  const environment = variables({ ...env });
  return {
    memwatch: version,
    collectedAt: new Date().toISOString(),
    pid,
    ppid,
    title: words(title.split(' ')).join(' '),
    uptimeSeconds: process.uptime(),
    node: { execPath, versions, release: release.name },
    platform,
    arch,
    execArgv: options,
    argv: words(argv),
    environment,
    optionsThatMatter: explainFlags(options, environment),
    heap: v8.getHeapStatistics(),
    heapSpaces: v8.getHeapSpaceStatistics(),
    memory: process.memoryUsage(),
    resources: process.resourceUsage(),
  };
}

const OPTIONS = {
  snapshot: { ...TRUE_OR_FALSE, otherwise: false },
  secrets: { ...TRUE_OR_FALSE, otherwise: false },
  // The payload of an event: whatever it has is written.
  leak: kind('a leak event', () => true),
};

/** What the files contain, by their names. @typedef {Parameters<typeof writeFiles>[1]} Contents */

/**
 * Who knows what of this process, and who takes its snapshot.
 * @typedef {object} Knowledge
 * @property {() => unknown} detectorState
 * @property {() => object} sites
 * @property {() => string | null} heapProfile
 * @property {() => string} metrics
 * @property {() => Promise<object>} nativeMemory
 * @property {(file: string, options: { redact: boolean }) => Promise<object>} writeSnapshot
 * @property {(file: string) => Promise<object>} analyze
 */

/**
 * @param {Knowledge} knowledge
 * @param {string} inside  the directory to make the bundle's directory in
 * @param {{ snapshot?: boolean, secrets?: boolean, leak?: object }} [options]
 * @returns {Promise<{ path: string, files: string[] }>}
 */
async function makeBundle(knowledge, inside, options = {}) {
  const { detectorState, sites, heapProfile, metrics, nativeMemory } = knowledge;
  check('The directory of memwatch.bundle()', inside, A_NAME);
  checkFileName(inside);
  const { snapshot, secrets, leak } = checkOptions('memwatch.bundle()', options, OPTIONS);
  const { maps, ...system } = look('self');
  const directory = makeDirectory(inside, process.pid);
  const write = (/** @type {Contents} */ contents) => writeFiles(directory, contents, { secrets });
  const files = write({
    'process.json': describe(secrets),
    'system.json': system,
    'maps.txt': maps,
    'leak.json': leak,
    'state.json': detectorState(),
    'sites.json': sites(),
    'sites.heapprofile': heapProfile(),
    'metrics.prom': metrics(),
  });
  try {
    files.push(...write({ 'native.json': await nativeMemory() }));
    if (snapshot) files.push(...(await withSnapshot(knowledge, directory, write, !secrets)));
  } finally {
    files.unshift(...write({ 'README.txt': about(files, { secrets }) }));
  }
  return { path: directory, files };
}

/**
 * Takes a snapshot, in a copy of the process where that can be, and says what leaks in it.
 * @param {Pick<Knowledge, 'writeSnapshot' | 'analyze'>} knowledge
 * @param {string} directory
 * @param {(contents: Contents) => string[]} write
 * @param {boolean} redact
 */
async function withSnapshot({ writeSnapshot, analyze }, directory, write, redact) {
  const name = `${process.pid}.heapsnapshot`;
  const file = path.join(directory, name);
  await writeSnapshot(file, { redact });
  const report = await analyze(file);
  return [name, ...write({ 'report.json': report })];
}

module.exports = { makeBundle };
