// Fetches what Linux releases are built with, into .cache/zig: zig as a C compiler and linker
// (the package ziglang), and cargo-zigbuild, which hands it to cargo; both from PyPI by pip.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './platforms.mjs';

/** Exact: a release can be built again. */
const PACKAGES = ['ziglang==0.17.0', 'cargo-zigbuild==0.24.0'];

/** Where they are. */
export const ZIG = path.join(root, '.cache', 'zig');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const done = path.join(ZIG, 'fetched.txt');
  const wanted = PACKAGES.join('\n');
  if (fs.existsSync(done) && fs.readFileSync(done, 'utf8') === wanted) {
    console.log(`${PACKAGES.join(', ')} are there`);
  } else {
    fs.rmSync(ZIG, { recursive: true, force: true });
    const args = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--target', ZIG, ...PACKAGES];
    const { status, error } = spawnSync('python3', args, { stdio: 'inherit' });
    if (error) throw error;
    if (status !== 0) process.exit(status ?? 1);
    fs.writeFileSync(done, wanted);
  }
}
