// Builds the addon and the binary with cargo and puts them beside index.js under the names that the
// loader and the command line look for. It installs nothing: it says what is missing.
//
//   node scripts/build.mjs                        for this machine, with its own compiler
//   node scripts/build.mjs --platform NAME        as it is released, for a platform of
//                                                 scripts/platforms.mjs
//
// Releases are built with zig on one machine, whatever it is: zig brings the C library of each system to link against, and
// the addon then needs none newer than that. `node scripts/fetch-zig.mjs` fetches it. On a Mac, a Mac's are built by its
// own tools; elsewhere that was not tried to its end.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { ZIG } from './fetch-zig.mjs';
import { PLATFORMS, addonName, root } from './platforms.mjs';

const { binaryName, platformName } = createRequire(import.meta.url)('../lib/platform.js');

// What cargo calls them.
const LIBRARY = { linux: 'libmemwatch.so', darwin: 'libmemwatch.dylib', win32: 'memwatch.dll' };
const PROGRAM = { linux: 'memwatch', darwin: 'memwatch', win32: 'memwatch.exe' };

const { values } = parseArgs({ options: { platform: { type: 'string' } } });
const platform = values.platform ?? platformName();
if (values.platform !== undefined && !Object.hasOwn(PLATFORMS, platform)) {
  fail(`there is no platform ${platform}; there are ${Object.keys(PLATFORMS).join(', ')}`);
}

function fail(message) {
  console.error(`memwatch: ${message}`);
  process.exit(1);
}

/**
 * napi-rs insists on a libnode.dll for this target and has it linked; what the addon calls of Node it then finds by name
 * when it loads, and V8 and libuv src/v8/microsoft/host.h does. So a library with nothing in it stands there.
 * @returns {string} its directory
 */
function emptyLibrary() {
  const directory = path.join(root, '.cache', 'windows-libraries');
  fs.mkdirSync(directory, { recursive: true });
  for (const name of ['libnode.dll', 'libnode.dll.a', 'libnode.a', 'node.lib']) {
    fs.writeFileSync(path.join(directory, name), '!<arch>\n');
  }
  return directory;
}

/** What cargo is called with, one call after another, its environment, and where the results lie in the target directory. */
function howTo() {
  const addon = ['-p', 'memwatch'];
  const binary = ['-p', 'memwatch-cli'];
  const plain = ['--release', '--locked'];
  if (values.platform === undefined) {
    return { calls: [['build', ...plain, ...addon, ...binary]], env: {}, directory: 'release' };
  }
  const { target, os, libc } = PLATFORMS[platform];
  const directory = path.join(target.replace(/\.\d.*$/, ''), 'release');
  const args = [...plain, '--target', target];
  const isOwn = os === 'darwin' && process.platform === 'darwin';
  if (isOwn) return { calls: [['build', ...args, ...addon, ...binary]], env: {}, directory };
  const env = {
    // For the shim in Microsoft's ABI: src/v8/microsoft/build.rs.
    MEMWATCH_ZIG: path.join(ZIG, 'ziglang', 'zig'),
    PATH: `${path.join(ZIG, 'bin')}${path.delimiter}${process.env.PATH}`,
    PYTHONPATH: ZIG,
    ...(os === 'win32' ? { LIBNODE_PATH: emptyLibrary() } : {}),
    RUSTFLAGS: [
      // Messages of panics name files of dependencies: not by where they lie on the machine that builds.
      `--remap-path-prefix=${process.env.CARGO_HOME ?? path.join(homedir(), '.cargo')}=cargo`,
      // A shared library for musl must use the C library of the program that loads it.
      ...(libc === 'musl' ? ['-C target-feature=-crt-static'] : []),
    ].join(' '),
  };
  if (libc !== 'musl') return { calls: [['zigbuild', ...args, ...addon, ...binary]], env, directory };
  // A program has its C library in itself, and so runs on any Linux. The last of the features is the one that holds.
  const program = ['rustc', ...args, ...binary, '--bin', 'memwatch', '--', '-C', 'target-feature=+crt-static'];
  return { calls: [['zigbuild', ...args, ...addon], program], env, directory };
}

const { calls, env, directory } = howTo();
const isZig = 'PYTHONPATH' in env;
if (isZig && !fs.existsSync(path.join(ZIG, 'bin'))) fail('run `node scripts/fetch-zig.mjs` first');
for (const args of calls) {
  const [command, words] = isZig ? ['cargo-zigbuild', args] : ['cargo', args];
  const cargo = spawnSync(command, words, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (/** @type {NodeJS.ErrnoException | undefined} */ (cargo.error)?.code === 'ENOENT') {
    fail('building needs Rust 1.89 or newer and a C++ compiler; get Rust from https://rustup.rs');
  }
  if (cargo.status !== 0) process.exit(cargo.status ?? 1);
}

const os = PLATFORMS[platform]?.os ?? process.platform;
const built = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', directory);
for (const [made, name] of [
  [LIBRARY[os], addonName(platform)],
  [PROGRAM[os], binaryName(platform)],
]) {
  const file = path.join(root, name);
  // Beside it and renamed: a process that has the old file mapped keeps it.
  fs.copyFileSync(path.join(built, made), `${file}.new`);
  fs.renameSync(`${file}.new`, file);
  console.log(`built ${path.relative(root, file)}`);
}
