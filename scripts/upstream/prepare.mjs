// Fetches the older packages from npm into `.cache/upstream/` and puts memwatch in the place
// of their native modules. Their tests stay as they were published: npm checks each tarball
// against package-lock.json, and only the file named by `main` is replaced.
//
//   .cache/upstream/node_modules/            as npm installs it, no install script is run
//   .cache/upstream/suites/<package>/        a copy of the package, with memwatch in it

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.join(HERE, '..', '..');
const CACHE = path.join(ROOT, '.cache', 'upstream');
const INSTALLED = path.join(CACHE, 'node_modules');

/** Installs everything once; again when the lock file has changed. */
export function install() {
  const lock = fs.readFileSync(path.join(HERE, 'package-lock.json'), 'utf8');
  const stamp = path.join(INSTALLED, '.lock-installed');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return;
  fs.mkdirSync(CACHE, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    fs.copyFileSync(path.join(HERE, name), path.join(CACHE, name));
  }
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: CACHE,
    stdio: ['ignore', 'ignore', 'inherit'],
    // npm is a script of the command interpreter there.
    shell: process.platform === 'win32',
  });
  if (npm.error) throw npm.error;
  if (npm.status !== 0) throw new Error(`npm ci failed in ${CACHE} with ${npm.status ?? npm.signal}`);
  fs.writeFileSync(stamp, lock);
}

/**
 * Lays out one suite with the memwatch in `against`.
 * @returns {string} its directory
 */
export function layOut(suite, against) {
  const dir = path.join(CACHE, 'suites', suite.package.replace('/', '+'));
  fs.rmSync(dir, { recursive: true, force: true });
  fs.cpSync(installed(suite.package), dir, { recursive: true });
  if (suite.dependency === undefined) {
    link(against, path.join(dir, 'node_modules', 'memwatch'));
    const { main } = JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));
    fs.writeFileSync(path.join(dir, main), `module.exports = require('memwatch');\n`);
  } else {
    link(against, path.join(dir, 'node_modules', suite.dependency));
  }
  if (suite.should !== undefined) link(installed(suite.should), path.join(dir, 'node_modules', 'should'));
  if (suite.behaviour !== undefined) fs.copyFileSync(path.join(HERE, suite.behaviour), path.join(dir, suite.file));
  return dir;
}

export function installed(name) {
  return path.join(INSTALLED, name);
}

/** The version of an installed package, and its real name. */
export function identity(name) {
  const manifest = JSON.parse(fs.readFileSync(path.join(installed(name), 'package.json'), 'utf8'));
  return `${manifest.name} ${manifest.version}`;
}

function link(target, place) {
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.symlinkSync(target, place, 'junction');
}
