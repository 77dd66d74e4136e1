// Node.js built for musl on a system with glibc: the programs of PyPI's wheels, each of which names a musl loader in the
// cache. Nothing is installed; a container of Alpine needs none of this.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../node-versions.mjs';
import { unpackWheel } from '../pypi-package.mjs';
import { PROGRAMS, PROGRAM_OF_WHEEL } from '../symbols/programs.mjs';
import { fetchPackages, unpacked, versionOf } from './debian.mjs';
import { setInterpreter } from './interpreter.mjs';

const { name, tag, versions } = PROGRAMS['linux-x64-musl'];

/** By major version. There is no Node 18 for musl on PyPI. @type {Record<string, string>} */
export const MUSL_VERSIONS = versions;

const directory = path.join(root, '.cache', 'musl');

/** The loader is the C library. The name is what tells a program that it runs on musl. */
const LOADER = path.join(directory, 'ld-musl-x86_64.so.1');

/** @param {string} major */
const home = (major) => path.join(directory, versions[major]);

/** @param {string} major */
export const muslProgram = (major) => path.join(home(major), PROGRAM_OF_WHEEL);

/** @param {string} major */
function fetchNode(major) {
  if (fs.existsSync(home(major))) return;
  console.log(`fetching ${name} ${versions[major]} for musl`);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-musl-'));
  try {
    unpackWheel(`${name}==${versions[major]}`, tag, work);
    const program = path.join(work, PROGRAM_OF_WHEEL);
    fs.chmodSync(program, 0o755);
    setInterpreter(program, LOADER);
    // Copied, for the temporary directory may be on another file system; renamed, so that half of one is none.
    fs.cpSync(work, `${home(major)}.new`, { recursive: true, verbatimSymlinks: true });
    fs.renameSync(`${home(major)}.new`, home(major));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Fetches the loader and those that are asked for, and throws where one does not start.
 * @param {string[]} majors
 * @returns {string} the version of the C library
 */
export function fetchMuslNodes(majors) {
  fetchPackages(['musl']);
  fs.mkdirSync(directory, { recursive: true });
  fs.copyFileSync(path.join(unpacked('musl'), 'usr', 'lib', 'x86_64-linux-musl', 'libc.so'), `${LOADER}.new`);
  fs.chmodSync(`${LOADER}.new`, 0o755);
  fs.renameSync(`${LOADER}.new`, LOADER);
  for (const major of majors) {
    fetchNode(major);
    const said = execFileSync(muslProgram(major), ['--version'], { encoding: 'utf8' }).trim();
    // A preview's program does not say that it is one.
    if (said !== `v${versions[major].replace(/rc\d+$/, '')}`) {
      throw new Error(`${muslProgram(major)} is ${said}, and not ${versions[major]}`);
    }
  }
  return /** @type {string} */ (versionOf('musl'));
}
