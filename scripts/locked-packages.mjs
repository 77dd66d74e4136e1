// Installs what a committed package-lock.json names into a folder of its own, once: again when the lock has changed.
// Runs no scripts of the packages. Needs npm's registry the first time.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const NAMES = ['package.json', 'package-lock.json'];

/** What is locked in `listed`, into `installed`. npm leaves its own copy of the lock where it has finished. */
export function installLocked(listed, installed) {
  const read = (directory, name) => fs.readFileSync(path.join(directory, name), 'utf8');
  const isDone = fs.existsSync(path.join(installed, 'node_modules', '.package-lock.json'));
  if (isDone && NAMES.every((name) => read(installed, name) === read(listed, name))) return;
  fs.rmSync(installed, { recursive: true, force: true });
  fs.mkdirSync(installed, { recursive: true });
  for (const name of NAMES) fs.copyFileSync(path.join(listed, name), path.join(installed, name));
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, error } = spawnSync('npm', args, { cwd: installed, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci ended with ${status}`);
}
