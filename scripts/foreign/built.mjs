// The addon and the binary of another platform, built here by the project's own build script, with zig.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { PLATFORMS, root } from '../platforms.mjs';

/** @param {string} command @param {string[]} words */
function run(command, words) {
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${status}`);
}

/** @param {string} platform */
export function buildFor(platform) {
  // Not where Rust came without rustup: then the target has to be there.
  if (spawnSync('rustup', ['--version'], { stdio: 'ignore' }).status === 0) {
    run('rustup', ['target', 'add', PLATFORMS[platform].target.replace(/\.\d.*$/, '')]);
  }
  for (const words of [['fetch-zig.mjs'], ['build.mjs', '--platform', platform]]) {
    run(process.execPath, [path.join('scripts', words[0]), ...words.slice(1)]);
  }
}
