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

/** @returns {{ prometheus: string, promtool: string }} programs that run */
export function fetchPrometheus() {
  if (runs('prometheus') && runs('promtool')) return { prometheus: 'prometheus', promtool: 'promtool' };
  const bin = path.join(CACHE, 'usr', 'bin');
  const programs = { prometheus: path.join(bin, 'prometheus'), promtool: path.join(bin, 'promtool') };
  if (!Object.values(programs).every(runs)) {
    console.log('fetching prometheus');
    fs.rmSync(CACHE, { recursive: true, force: true });
    fs.mkdirSync(CACHE, { recursive: true });
    // As root, apt fetches as another user, who may not write here, and complains.
    execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', 'prometheus'], { cwd: CACHE, stdio: ['ignore', 'ignore', 'inherit'] });
    const [archive] = fs.readdirSync(CACHE).filter((name) => name.endsWith('.deb'));
    execFileSync('dpkg', ['-x', archive, '.'], { cwd: CACHE });
    fs.rmSync(path.join(CACHE, archive));
  }
  if (!Object.values(programs).every(runs)) throw new Error(`prometheus does not run: look into ${CACHE}`);
  return programs;
}
