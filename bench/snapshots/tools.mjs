// What is compared: how each tool is started, in which version, and what it does of the
// work. Installs and builds what is missing; runs and prints no measurement.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CACHE } from './files.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const REPOSITORY = path.join(HERE, '../..');
const CRATE_TARGET = path.join(CACHE, 'peers');

/** In MB: the peers that run in V8 take four times the file, and more than V8 allows by itself. */
const HEAP_LIMIT = 12_000;

// The binary, and not bin/memwatch.js, which only starts it: what is measured is one process.
const { binaryName, platformName } = createRequire(import.meta.url)('../../lib/platform.js');
const BINARY = path.join(REPOSITORY, binaryName(platformName()));
const memwatch = (...words) => [BINARY, words];
const child =
  (name) =>
  (work) =>
  (...files) => [
    process.execPath,
    [`--max-old-space-size=${HEAP_LIMIT}`, path.join(HERE, 'children', name), work, ...files],
  ];
const memlab = child('memlab.js');
const devtools = child('devtools.mjs');
const crate = (file) => [path.join(CRATE_TARGET, 'release/v8-heap-parser'), [file]];

/** The names of the rows. */
export const OURS = 'memwatch';
const CRATE = 'v8-heap-parser (crate)';
const DEVTOOLS = 'Chrome DevTools';
const MEMLAB = 'memlab';

/** By work: for each tool a function from files to a program and its arguments. */
export const COMMANDS = {
  exact: new Map([
    [OURS, (file) => memwatch('classes', file, '--top', '1')],
    [CRATE, crate],
    [DEVTOOLS, devtools('open')],
    [MEMLAB, memlab('open')],
  ]),
  // No peer has a mode without edges.
  fast: new Map([[OURS, (file) => memwatch('classes', '--fast', file, '--top', '1')]]),
  diff: new Map([
    [OURS, (before, after) => memwatch('diff', '--fast', before, after, '--top', '1')],
    [DEVTOOLS, devtools('diff')],
    [MEMLAB, memlab('diff')],
  ]),
};

function versionIn(folder, name) {
  const manifest = JSON.parse(fs.readFileSync(path.join(REPOSITORY, folder, 'package.json'), 'utf8'));
  return { ...manifest.dependencies, ...manifest.devDependencies }[name];
}

/** Which peers, exactly: in the words of the files that pin them. */
export function peerVersions() {
  const manifest = fs.readFileSync(path.join(HERE, 'peers/Cargo.toml'), 'utf8');
  return [
    `v8-heap-parser ${/^v8-heap-parser = "=(.*)"$/m.exec(manifest)[1]}`,
    `chrome-devtools-frontend ${versionIn('agreement', 'chrome-devtools-frontend')}`,
    `memlab ${versionIn('bench', 'memlab')}`,
  ].join(', ');
}

/** Runs quietly, and says which peer will be missing when it fails. */
function attempt(peer, command, args, cwd) {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' });
  } catch (error) {
    console.error(
      `${peer} will be missing: ${String(error.stderr ?? error.message)
        .trim()
        .slice(-500)}`,
    );
  }
}

/** Fetches and builds the peers that are not there yet, from the locked versions. */
export function preparePeers() {
  // Without install scripts: memlab's would fetch a browser.
  const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const packages = { bench: 'memlab', agreement: 'chrome-devtools-frontend' };
  for (const [folder, name] of Object.entries(packages)) {
    const directory = path.join(REPOSITORY, folder);
    if (!fs.existsSync(path.join(directory, 'node_modules', name))) attempt(name, 'npm', install, directory);
  }
  const manifest = path.join(HERE, 'peers/Cargo.toml');
  const build = ['build', '--release', '--locked', '--manifest-path', manifest, '--target-dir', CRATE_TARGET];
  attempt(CRATE, 'cargo', build);
}
