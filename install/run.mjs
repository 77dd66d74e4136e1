// The install test: packs the packages, publishes them to a registry on this machine, and
// installs them as users do: with each package manager, on each Node.js, without a compiler and
// without any other network. What docs/start.md says on installing is what is done here.
//
//   npm run test:install [-- [--each-once] [MAJOR…]]
//
//   --each-once  each version of Node.js and each package manager, but not each with each: npm on
//                all versions, the others on the oldest; for the continuous build
//   MAJOR        which versions of Node.js (default: all)
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import webpack from 'webpack';
import { fetchNodes } from '../scripts/fetch-nodes.mjs';
import { NODE_VERSIONS, nodeProgram } from '../scripts/node-versions.mjs';
import { pack } from '../scripts/pack.mjs';
import { RELEASED, addonName, binaryName, packageName, root } from '../scripts/platforms.mjs';
import { Machine } from './lib/machine.mjs';
import { MANAGERS, installWithoutOptional, npmWords, publish } from './lib/managers.mjs';
import { startRegistry, startTrap } from './lib/registry.mjs';

const require = createRequire(import.meta.url);
const { platformName } = require('../lib/platform.js');
const here = import.meta.dirname;
const PROGRAMS = path.join(here, 'programs');

/** What a platform's package may take on a user's disk: the addon and the binary. */
const MOST_UNPACKED_BYTES = 6_000_000;

// Nobody: whom the system lets write nothing that is not theirs. Root may write everywhere.
const NOBODY = 65534;

const PLATFORM = platformName();
const PLATFORM_PACKAGE = packageName(PLATFORM);

const { positionals: chosen, values: options } = parseArgs({
  allowPositionals: true,
  options: { 'each-once': { type: 'boolean', default: false } },
});
const majors = Object.keys(NODE_VERSIONS).filter((major) => chosen.length === 0 || chosen.includes(major));
assert.ok(majors.length > 0, `no such Node.js: ${chosen.join(', ')}`);
fetchNodes();

const work = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-install-')));
// Others have to get in, for one test runs as nobody.
fs.chmodSync(work, 0o755);
const registry = await startRegistry();
const trap = await startTrap();
let homes = 0;
const rows = [];

function machine(major) {
  homes += 1;
  const home = path.join(work, `home-${homes}`);
  fs.mkdirSync(home);
  return new Machine({ home, node: nodeProgram(major), registry: registry.url, trap: trap.url });
}

/** An empty project with the programs in it. */
function project(name) {
  const directory = path.join(work, name.replace(/\W+/g, '-'));
  fs.mkdirSync(directory);
  fs.writeFileSync(
    path.join(directory, 'package.json'),
    '{ "name": "project", "version": "1.0.0", "private": true }\n',
  );
  for (const file of fs.readdirSync(PROGRAMS)) fs.copyFileSync(path.join(PROGRAMS, file), path.join(directory, file));
  return directory;
}

/** The one line of JSON that a program prints; it must have ended well. */
function printed({ status, stdout, stderr }) {
  assert.equal(status, 0, `${stderr}\n${stdout}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function assertWorks(outcome) {
  const { base, grown } = printed(outcome);
  assert.ok(base > 0 && grown > 0);
}

/** Compiles the TypeScript program against what is installed; the compiler is this directory's own. */
async function compileTypeScript(directory) {
  const args = [
    require.resolve('typescript/bin/tsc'),
    ...['--strict', '--target', 'es2022', '--module', 'nodenext', '--outDir', 'compiled'],
    ...['--types', 'node', '--typeRoots', path.join(here, 'node_modules', '@types'), 'typescript.cts'],
  ];
  // The registry answers in this process, so nothing may hold it up; the compiler says on stdout what is wrong.
  await promisify(execFile)(process.execPath, args, { cwd: directory }).catch(({ stdout, message }) =>
    assert.fail(stdout || message),
  );
  return path.join('compiled', 'typescript.cjs');
}

async function bundleWithEsbuild(directory) {
  const outfile = path.join(directory, 'bundled', 'esbuild.cjs');
  await build({
    entryPoints: [path.join(directory, 'commonjs.cjs')],
    outfile,
    bundle: true,
    platform: 'node',
    logLevel: 'error',
  });
  return outfile;
}

async function bundleWithWebpack(directory) {
  const compiler = webpack({
    mode: 'production',
    target: 'node',
    entry: path.join(directory, 'commonjs.cjs'),
    output: { path: path.join(directory, 'bundled'), filename: 'webpack.cjs' },
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  assert.deepEqual(
    [...errors, ...warnings].map(({ message }) => message),
    [],
  );
  return path.join(directory, 'bundled', 'webpack.cjs');
}

/** The files of this platform, and for each other one texts in their places: none of them may be taken. */
function addonsOfARelease() {
  const directory = path.join(work, 'addons');
  fs.mkdirSync(directory);
  for (const platform of RELEASED) {
    for (const name of [addonName(platform), binaryName(platform)]) {
      const file = path.join(directory, name);
      if (platform === PLATFORM) fs.copyFileSync(path.join(root, name), file);
      else fs.writeFileSync(file, `in the place of a binary for ${platform}\n`);
    }
  }
  return directory;
}

const packed = pack({ out: path.join(work, 'packages'), addons: addonsOfARelease(), all: true });

await test('the package of this platform is within its limit of bytes', () => {
  const { unpackedBytes } = packed.find(({ name }) => name === PLATFORM_PACKAGE);
  console.log(`${PLATFORM_PACKAGE}: ${(unpackedBytes / 1e6).toFixed(2)} MB unpacked`);
  assert.ok(unpackedBytes <= MOST_UNPACKED_BYTES, `${unpackedBytes} bytes`);
});

await test('all packages are published, and memwatch has neither binary nor source', async () => {
  assert.ok(!packed.at(-1).files.some((file) => /\.(node|rs|cc|h|toml)$|^(src|crates|scripts)\//.test(file)));
  const publisher = machine('20');
  for (const { archive } of packed) {
    const { status, stderr } = await publisher.run(publish(archive), { cwd: work });
    assert.equal(status, 0, stderr);
  }
});

/**
 * Adds memwatch to a new project. What fails beside others is tried once more and reported, as the test files are: see
 * scripts/suite.mjs. What fails twice fails.
 */
async function added(computer, manager, name) {
  const { add } = MANAGERS[manager];
  const install = async (directory) => {
    const started = Date.now();
    const outcome = await computer.run(add('memwatch'), { cwd: directory });
    return { ...outcome, directory, seconds: (Date.now() - started) / 1000 };
  };
  const first = await install(project(name));
  if (first.status === 0) return first;
  console.log(`UNSTEADY  ${name}: status ${first.status}; once more\n${first.stdout}\n${first.stderr}`);
  const second = await install(project(`${name} again`));
  assert.equal(second.status, 0, `${second.stdout}\n${second.stderr}`);
  return second;
}

/** A package manager on a version of Node.js: it installs, and each kind of program runs. */
async function tryOut(t, major, manager) {
  const { program = (file) => [file] } = MANAGERS[manager];
  const computer = machine(major);
  assert.deepEqual(computer.compilers(), []);
  const { directory, seconds } = await added(computer, manager, `${manager} on ${major}`);
  const works = async (file) => assertWorks(await computer.run(program(file), { cwd: directory }));
  await t.test('CommonJS', () => works('./commonjs.cjs'));
  await t.test('an ECMAScript module', () => works('./module.mjs'));
  if (manager === 'npm') {
    const installed = fs
      .readdirSync(path.join(directory, 'node_modules'))
      .filter((name) => name.startsWith('memwatch'));
    assert.deepEqual(installed, ['memwatch', PLATFORM_PACKAGE]);
  }
  const command = [...program('./command.cjs'), 'summary', './commonjs.cjs'];
  await t.test('a command about a file, by the binary', async () => {
    const outcome = await computer.run(command, { cwd: directory });
    assert.equal(outcome.status, 2);
    assert.match(outcome.stderr, /commonjs\.cjs is not a heap snapshot: .*\[ERR_MEMWATCH_SNAPSHOT_SYNTAX\]/);
  });
  // The compiler and the bundlers know no Plug'n'Play by themselves.
  const hasModules = fs.existsSync(path.join(directory, 'node_modules', 'memwatch'));
  assert.equal(hasModules, !manager.includes("Plug'n'Play"));
  if (hasModules) {
    await t.test('TypeScript', async () => works(await compileTypeScript(directory)));
    await t.test('bundled with esbuild', async () => works(await bundleWithEsbuild(directory)));
    await t.test('bundled with webpack', async () => works(await bundleWithWebpack(directory)));
  }
  rows.push([NODE_VERSIONS[major], manager, seconds.toFixed(1)]);
}

const [first] = majors;
const pairs = majors
  .flatMap((major) => Object.keys(MANAGERS).map((manager) => [major, manager]))
  .filter(([major, manager]) => !options['each-once'] || manager === 'npm' || major === first);

await test('it is installed with each package manager on each Node.js', {
  concurrency: os.availableParallelism(),
}, async (t) => {
  await Promise.all(
    pairs.map(([major, manager]) => t.test(`${manager} on Node.js ${major}`, (each) => tryOut(each, major, manager))),
  );
});

await test('in a directory that cannot be written it runs', { skip: !process.getuid && 'has no users' }, async () => {
  const computer = machine(first);
  const directory = project('read only');
  assert.equal((await computer.run(MANAGERS.npm.add('memwatch'), { cwd: directory })).status, 0);
  execFileSync('chmod', ['-R', 'a-w,a+rX', directory]);
  const uid = process.getuid() === 0 ? NOBODY : undefined;
  try {
    const write = await computer.run(['-e', 'fs.writeFileSync("new", "")'], { cwd: directory, uid });
    assert.match(write.stderr, /EACCES/);
    assertWorks(await computer.run(['commonjs.cjs'], { cwd: directory, uid }));
  } finally {
    execFileSync('chmod', ['-R', 'u+w', directory]);
  }
});

await test("without the platform's package the error names it, and the command it gives repairs it", async () => {
  const computer = machine(first);
  const directory = project('omitted');
  assert.equal((await computer.run(installWithoutOptional('memwatch'), { cwd: directory })).status, 0);
  const error = printed(await computer.run(['error.cjs'], { cwd: directory }));
  assert.equal(error.code, 'ERR_MEMWATCH_ADDON_MISSING');
  const [, words] = /"npm (install [^"]+)"/.exec(error.message);
  assert.ok(words.includes(PLATFORM_PACKAGE));
  const { status, stderr } = await computer.run(npmWords(words.split(' ')), { cwd: directory });
  assert.equal(status, 0, stderr);
  assertWorks(await computer.run(['commonjs.cjs'], { cwd: directory }));
});

await test('a bundle that is copied away from its packages says what it misses, and takes the file beside it', async () => {
  const computer = machine(first);
  const directory = project('bundle alone');
  assert.equal((await computer.run(MANAGERS.npm.add('memwatch'), { cwd: directory })).status, 0);
  for (const bundle of [bundleWithEsbuild, bundleWithWebpack]) {
    const alone = fs.mkdtempSync(path.join(work, 'alone-'));
    const file = path.join(alone, 'program.cjs');
    fs.copyFileSync(await bundle(directory), file);
    const failed = await computer.run([file], { cwd: alone });
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /ERR_MEMWATCH_ADDON_MISSING/);
    const addon = addonName(PLATFORM);
    fs.copyFileSync(path.join(directory, 'node_modules', PLATFORM_PACKAGE, addon), path.join(alone, addon));
    assertWorks(await computer.run([file], { cwd: alone }));
  }
});

await test('nothing wanted to leave this machine, and nothing but our packages was asked for', () => {
  assert.deepEqual(trap.caught, []);
  const foreign = registry.asked.filter((line) => !/^(GET|PUT) \/memwatch(-[\w-]+)?(\/|$)/.test(line));
  assert.deepEqual(foreign, []);
});

await Promise.all([registry.close(), trap.close()]);
fs.rmSync(work, { recursive: true, force: true });
console.log('\nSeconds to install beside other work, the package manager itself included:');
rows.sort();
for (const [version, manager, seconds] of rows)
  console.log(`  Node.js ${version.padEnd(9)} ${manager.padEnd(20)} ${seconds}`);
