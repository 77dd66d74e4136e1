// The packages the programs of the evaluation stand on, installed as they are locked into the repository's ignored
// cache. Needs npm's registry the first time. Runs no script of any package, and starts no program.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const LISTED = path.join(HERE, 'packages');
const INSTALLED = path.join(HERE, '../../.cache/detection');

/** Two folders, for a package that leaks and its repaired version bear the same name, and suspects are named by it. */
export const FOLDERS = ['leaking', 'healthy'];

const FILES = ['package.json', 'package-lock.json'];

/** Installs what is not there yet; returns the path of each folder by its name. */
export function install() {
  return Object.fromEntries(FOLDERS.map((folder) => [folder, installOne(folder)]));
}

function installOne(folder) {
  const listed = path.join(LISTED, folder);
  const installed = path.join(INSTALLED, folder);
  const read = (directory, name) => fs.readFileSync(path.join(directory, name), 'utf8');
  // npm leaves its own copy of the lock where it has finished.
  const isDone = fs.existsSync(path.join(installed, 'node_modules/.package-lock.json'));
  if (isDone && FILES.every((name) => read(installed, name) === read(listed, name))) return installed;
  fs.rmSync(installed, { recursive: true, force: true });
  fs.mkdirSync(installed, { recursive: true });
  for (const name of FILES) fs.copyFileSync(path.join(listed, name), path.join(installed, name));
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, error } = spawnSync('npm', args, { cwd: installed, stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci ended with ${status} in ${installed}`);
  return installed;
}
