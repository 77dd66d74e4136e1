// The addon and the binary of other platforms, built here by the project's own build script, with zig. Runs nothing of what
// it built.
//
//   node scripts/foreign/built.mjs NAME …             zig, and those of scripts/platforms.mjs that are named
//   node scripts/foreign/built.mjs --targets NAME …   Rust's targets for them alone
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { PLATFORMS, root } from '../platforms.mjs';

/** @param {string} command @param {string[]} words */
function run(command, words) {
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${status}`);
}

/** @param {string} script @param {string[]} words */
const runScript = (script, ...words) => run(process.execPath, [path.join('scripts', script), ...words]);

/** @param {string[]} platforms */
function addTargets(platforms) {
  // Not where Rust came without rustup: then the targets have to be there.
  if (platforms.length === 0 || spawnSync('rustup', ['--version'], { stdio: 'ignore' }).status !== 0) return;
  run('rustup', ['target', 'add', ...platforms.map((platform) => PLATFORMS[platform].target.replace(/\.\d.*$/, ''))]);
}

/** @param {string} platform */
export function buildFor(platform) {
  addTargets([platform]);
  runScript('fetch-zig.mjs');
  runScript('build.mjs', '--platform', platform);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const platforms = words.filter((word) => word !== '--targets');
  if (words.includes('--targets')) {
    addTargets(platforms);
  } else {
    // Also where nothing is built: the symbols are read from the shim then, which zig compiles.
    runScript('fetch-zig.mjs');
    platforms.forEach(buildFor);
  }
}
