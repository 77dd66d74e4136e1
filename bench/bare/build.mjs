// Compiles bare.cc for the Node that runs, with the system's C++ compiler: one file
// and no build system.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodePrefix } from '../lib/headers.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Builds the addon where it is missing or older than its source; returns its file. */
export function buildBare() {
  const source = path.join(here, 'bare.cc');
  const addon = path.join(here, 'build', `bare-${process.versions.node}.node`);
  if (fs.existsSync(addon) && fs.statSync(addon).mtimeMs >= fs.statSync(source).mtimeMs) return addon;
  fs.mkdirSync(path.dirname(addon), { recursive: true });
  // Node's symbols are found when the addon is loaded; V8's typeinfo is not exported.
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-fPIC'];
  const flags = ['-std=c++20', '-O2', '-fno-rtti', '-fno-exceptions', '-DNODE_GYP_MODULE_NAME=bare', '-w'];
  const include = path.join(nodePrefix(), 'include/node');
  const compiler = process.env.CXX ?? 'c++';
  const compiled = spawnSync(compiler, [...flags, ...shared, '-I', include, '-o', addon, source], { stdio: 'inherit' });
  if (compiled.status !== 0) {
    throw new Error(`${source} needs a C++20 compiler, and ${compiler} failed: set CXX to another one`);
  }
  return addon;
}
