// Linux for arm64 on a machine for x64: Debian's user-mode emulator, the libraries that Node.js asks for, and the Node
// programs, all in the cache. Nothing is installed, and no handler is registered with the kernel: a program that runs so
// cannot start another one of its kind.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { unpackPackage } from '../npm-package.mjs';
import { root } from '../node-versions.mjs';
import { unpackWheel } from '../pypi-package.mjs';
import { PROGRAMS, PROGRAM_OF_WHEEL } from '../symbols/programs.mjs';
import { fetchPackages, unpacked, versionOf } from './debian.mjs';

const QEMU = 'qemu-user';

/** Which packages make the root directory of a platform: where each keeps its libraries, and where they are looked for. */
const ROOTS = {
  'linux-arm64-gnu': {
    packages: ['libc6-arm64-cross', 'libgcc-s1-arm64-cross', 'libstdc++6-arm64-cross', 'libatomic1-arm64-cross'],
    from: path.join('usr', 'aarch64-linux-gnu', 'lib'),
    loader: 'ld-linux-aarch64.so.1',
  },
  // The wheels bring the other libraries. The C library is the loader.
  'linux-arm64-musl': {
    packages: ['musl:arm64'],
    from: path.join('usr', 'lib', 'aarch64-linux-musl'),
    loader: 'ld-musl-aarch64.so.1',
  },
};

/** @typedef {keyof typeof ROOTS} Emulated */

export const EMULATED = /** @type {Emulated[]} */ (Object.keys(ROOTS));

/** By major version. @param {Emulated} platform @returns {Record<string, string>} */
export const versionsOf = (platform) => PROGRAMS[platform].versions;

const directoryOf = (/** @type {Emulated} */ platform) => path.join(root, '.cache', platform);

/** @param {Emulated} platform @param {string} major */
function programOf(platform, major) {
  const { from, program } = PROGRAMS[platform];
  const inPackage = from === 'PyPI' ? PROGRAM_OF_WHEEL : path.join('package', program);
  return path.join(directoryOf(platform), versionsOf(platform)[major], inPackage);
}

/** @param {Emulated} platform @param {string} major */
function fetchNode(platform, major) {
  const version = versionsOf(platform)[major];
  const home = path.join(directoryOf(platform), version);
  if (fs.existsSync(home)) return;
  const { from, name, tag, program } = PROGRAMS[platform];
  console.log(`fetching ${name} ${version} for ${platform}`);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-emulated-'));
  try {
    if (from === 'PyPI') unpackWheel(`${name}==${version}`, tag, work);
    else unpackPackage(`${name}@${version}`, work, [program]);
    // Copied, for the temporary directory may be on another file system; renamed, so that half of one is none.
    fs.cpSync(work, `${home}.new`, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(path.join(`${home}.new`, path.relative(home, programOf(platform, major))), 0o755);
    fs.renameSync(`${home}.new`, home);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** @param {Emulated} platform */
function makeRoot(platform) {
  const { packages, from, loader } = ROOTS[platform];
  const lib = path.join(directoryOf(platform), 'root', 'lib');
  fs.rmSync(lib, { recursive: true, force: true });
  for (const name of packages)
    fs.cpSync(path.join(unpacked(name), from), lib, { recursive: true, verbatimSymlinks: true });
  if (!fs.existsSync(path.join(lib, loader))) fs.copyFileSync(path.join(lib, 'libc.so'), path.join(lib, loader));
}

/**
 * Fetches what the Nodes asked for need.
 * @param {Emulated} platform @param {string[]} majors
 * @returns {string} what emulates
 */
export function fetchEmulated(platform, majors) {
  fetchPackages([QEMU, ...ROOTS[platform].packages]);
  makeRoot(platform);
  for (const major of majors) fetchNode(platform, major);
  return `qemu ${versionOf(QEMU)?.replace(/^\d+:|[+-].*/g, '')}`;
}

/** The command that runs a program of the platform. @param {Emulated} platform @param {string} program */
export function emulated(platform, program) {
  const emulator = path.join(unpacked(QEMU), 'usr', 'bin', 'qemu-aarch64');
  return [emulator, '-L', path.join(directoryOf(platform), 'root'), program];
}

/** The same for a Node. @param {Emulated} platform @param {string} major */
export const emulatedNode = (platform, major) => emulated(platform, programOf(platform, major));
