// Builds the addon with cargo and puts it beside index.js under the name that the
// loader looks for. It installs nothing: it says what is missing.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { platformName } = createRequire(import.meta.url)('../lib/platform.js');

const LIBRARY = {
  linux: 'libmemwatch.so',
  darwin: 'libmemwatch.dylib',
  win32: 'memwatch.dll',
}[process.platform];

const cargo = spawnSync('cargo', ['build', '--release', '--locked'], { cwd: root, stdio: 'inherit' });
if (cargo.error?.code === 'ENOENT') {
  console.error('memwatch: building needs Rust 1.88 or newer and a C++ compiler; get Rust from https://rustup.rs');
  process.exit(1);
}
if (cargo.status !== 0) process.exit(cargo.status ?? 1);

const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'release', LIBRARY);
const addon = path.join(root, `memwatch.${platformName()}.node`);
// Beside it and renamed: a process that has the old file mapped keeps it.
fs.copyFileSync(target, `${addon}.new`);
fs.renameSync(`${addon}.new`, addon);
console.log(`built ${path.relative(root, addon)}`);
