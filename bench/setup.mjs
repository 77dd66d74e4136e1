// Installs and compiles what the measurements compare memwatch with, for the Node that
// runs this, against the headers beside it. A peer that cannot be built is named, and
// the tables say "not available" for it; that is no failure. Without headers or a
// compiler the heap diff has no baseline, and that is one. Measures nothing.
//
//   node bench/setup.mjs [PEER]...   those alone, where all has been installed before
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBare } from './bare/build.mjs';
import { nodePrefix } from './lib/headers.mjs';

const bench = path.dirname(fileURLToPath(import.meta.url));
const PEERS = ['gc-stats', '@airbnb/node-memwatch', 'heapdump'];

/** Runs quietly; prints what was said only when it failed. */
function run(command, args, options) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (status === 0) return true;
  console.error(error?.message ?? `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n'));
  return false;
}

/** Compiles one peer; what was said of a failure has been printed. */
function build(peer, nodedir) {
  const directory = path.join(bench, 'node_modules', peer);
  const nodeGyp = path.join(bench, 'node_modules/node-gyp/bin/node-gyp.js');
  const { version } = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8'));
  const built = run(process.execPath, [nodeGyp, 'rebuild', '--directory', directory, '--nodedir', nodedir]);
  console.log(`${peer} ${version}: ${built ? 'built' : 'NOT BUILT'} for Node ${process.versions.node}`);
}

const named = process.argv.slice(2);
const wanted = named.length > 0 ? named : PEERS;

try {
  const nodedir = nodePrefix();
  // Without their install scripts: those would compile for the Node that npm runs on,
  // against headers from the network.
  const npm = process.env.npm_execpath === undefined ? ['npm'] : [process.execPath, process.env.npm_execpath];
  const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const isInstalled = named.length > 0 && wanted.every((peer) => fs.existsSync(path.join(bench, 'node_modules', peer)));
  if (!isInstalled && !run(npm[0], [...npm.slice(1), ...install], { cwd: bench, shell: process.platform === 'win32' }))
    process.exit(1);
  for (const peer of wanted) build(peer, nodedir);
  if (named.length === 0) {
    buildBare();
    console.log(`bare snapshots: built for Node ${process.versions.node}`);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
