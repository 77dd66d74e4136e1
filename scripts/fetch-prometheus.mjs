// Finds Prometheus' server and promtool: those of the system, or Debian's package, fetched by
// apt and unpacked into .cache/prometheus. Installs nothing.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './platforms.mjs';

const CACHE = path.join(root, '.cache', 'prometheus');

function runs(program) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Fetches Debian's package into this directory, as whoever runs this: nothing is installed. */
function download(directory) {
  // As root, apt fetches as another user, who may not write here, and complains.
  const apt = (...args) =>
    execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', ...args], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  try {
    apt('download', 'prometheus');
  } catch (error) {
    // A fresh image has no list of packages, and only root may fetch one.
    if (process.getuid?.() !== 0) throw error;
    apt('update');
    apt('download', 'prometheus');
  }
}

/**
 * @returns {{ prometheus: string, promtool: string } | undefined} programs that run; undefined on
 *   a system that has neither them nor Debian's packages
 */
export function fetchPrometheus() {
  if (runs('prometheus') && runs('promtool')) return { prometheus: 'prometheus', promtool: 'promtool' };
  const bin = path.join(CACHE, 'usr', 'bin');
  const programs = { prometheus: path.join(bin, 'prometheus'), promtool: path.join(bin, 'promtool') };
  if (Object.values(programs).every(runs)) return programs;
  if (!runs('apt-get') || !runs('dpkg')) return undefined;
  console.log('fetching prometheus');
  fs.rmSync(CACHE, { recursive: true, force: true });
  fs.mkdirSync(CACHE, { recursive: true });
  download(CACHE);
  const [archive] = fs.readdirSync(CACHE).filter((name) => name.endsWith('.deb'));
  execFileSync('dpkg', ['-x', archive, '.'], { cwd: CACHE });
  fs.rmSync(path.join(CACHE, archive));
  if (!Object.values(programs).every(runs)) throw new Error(`prometheus does not run: look into ${CACHE}`);
  return programs;
}
