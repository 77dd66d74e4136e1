// A small Debian 13 with Wine 10 in .cache/wine, for the tests of the Windows build: Debian 12's Wine 8 does not run
// Node.js 24 and later. It is unpacked and not installed: nothing of this machine is changed, but that the package
// mmdebstrap is installed where it is missing. Needs Linux x64, Debian or Ubuntu, and root. Runs no test.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { KEYS, SUITE, archive } from '../foreign/debian.mjs';
import { root } from '../node-versions.mjs';

const HOME = path.join(root, '.cache', 'wine');

/** The root directory of that system. */
const SYSTEM = path.join(HOME, 'system');

/** What is unpacked there: with another list, all is made anew. */
const WANTED = `${SUITE}: wine wine64, 1\n`;
const DONE = path.join(SYSTEM, 'made.txt');

// A library that Wine's own need, which Debian keeps in another package than it looks in.
const LIBRARY = 'usr/x86_64-w64-mingw32/lib/zlib1.dll';
const WINE = '/usr/lib/wine/wine64';

// Wine's server keeps its socket here, and ends with a memory error where the directory is not there.
const RUNTIME = 'run/user/0';

const PREFIX = 'root/wine';

// The drive M: of Windows, and the checkout in it.
const DRIVE = '/drive';
const CHECKOUT = `${DRIVE}/memwatch`;

const inSystem = (/** @type {string[]} */ ...parts) => path.join(SYSTEM, ...parts);

/** Why it cannot be made here; undefined where it can. */
export function whyNot() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'Wine is run on Linux x64 only';
  if (process.getuid?.() !== 0) return 'Wine is run in a root directory of its own, which needs root';
  if (!fs.existsSync('/usr/bin/apt-get')) return 'Wine is unpacked by apt, which this system does not have';
  // As in a container without the right to mount.
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0)
    return 'Wine is run among mounts of its own, which the system refuses';
  return undefined;
}

function unpack() {
  if (spawnSync('mmdebstrap', ['--version']).error !== undefined) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const stdio = /** @type {import('node:child_process').StdioOptions} */ (['ignore', 'ignore', 'inherit']);
    execFileSync('apt-get', ['update', '-qq'], { env, stdio });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'mmdebstrap'], { env, stdio });
  }
  const packages = ['--variant=extract', '--mode=root', '--components=main', '--include=wine,wine64'];
  const keys = fs.existsSync(KEYS) ? [`--keyring=${path.dirname(KEYS)}`] : [];
  execFileSync('mmdebstrap', ['--quiet', ...packages, ...keys, SUITE, SYSTEM, archive()], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** What the scripts of the packages would do, as far as Wine needs it. */
function finish() {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (!fs.existsSync(inSystem(name))) fs.symlinkSync(`usr/${name}`, inSystem(name));
  }
  for (const name of ['proc', 'dev', 'tmp', 'root', RUNTIME, CHECKOUT])
    fs.mkdirSync(inSystem(name), { recursive: true });
  fs.chmodSync(inSystem(RUNTIME), 0o700);
  fs.writeFileSync(inSystem('etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  const libraries = inSystem(PREFIX, 'drive_c/windows/system32');
  fs.mkdirSync(libraries, { recursive: true });
  fs.copyFileSync(inSystem(LIBRARY), path.join(libraries, 'zlib1.dll'));
}

const ENVIRONMENT = {
  PATH: '/usr/bin:/usr/sbin:/bin',
  HOME: '/root',
  WINEPREFIX: `/${PREFIX}`,
  WINESERVER: '/usr/lib/wine/wineserver64',
  XDG_RUNTIME_DIR: `/${RUNTIME}`,
  WINEDEBUG: '-all',
  // What asks for a browser and for .NET when a prefix is made, and makes menus.
  WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
};

const quoted = (/** @type {string} */ word) => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * A script of the shell that runs a program of Windows in that system, with the script's arguments behind `words`. It is
 * to be started somewhere in the checkout. Mounts are the script's own, and end with it. Wine writes to a file, and the
 * script copies it: through a pipe, Node.js finds its standard output closed.
 * @param {string[]} words
 * @param {Record<string, string>} [env]
 */
export function script(words, env = {}) {
  const assignments = Object.entries({ ...ENVIRONMENT, ...env }).map(([name, value]) => `${name}=${quoted(value)}`);
  const inside = [
    'set -e',
    `for name in proc dev; do mount --rbind /$name ${quoted(SYSTEM)}/$name; done`,
    `mount --bind ${quoted(root)} ${quoted(inSystem(CHECKOUT))}`,
    `here=${CHECKOUT}${'${PWD#'}${quoted(root)}}`,
    `exec env -i ${assignments.join(' ')} unshare --root ${quoted(SYSTEM)} --wd "$here" ${words.map(quoted).join(' ')} "$@"`,
  ].join('\n');
  return [
    '#!/bin/sh',
    'out=$(mktemp)',
    `unshare --mount --propagation private sh -c ${quoted(inside)} sh "$@" > "$out" 2>&1 < /dev/null`,
    'status=$?',
    'cat "$out"',
    'rm -f "$out"',
    'exit $status',
    '',
  ].join('\n');
}

/**
 * A drive that has the checkout in it, and none of the machine's root: `/proc` is to lead nowhere, as on Windows. In a
 * directory of the drive, for Node.js does not find the package of `require('..')` in the root of one.
 */
function setDrives() {
  const drives = inSystem(PREFIX, 'dosdevices');
  fs.rmSync(path.join(drives, 'z:'), { force: true });
  fs.rmSync(path.join(drives, 'm:'), { force: true });
  fs.symlinkSync(DRIVE, path.join(drives, 'm:'));
}

/** A file of the checkout as it is called there. @param {string} file */
export const inDrive = (file) => `${CHECKOUT}/${path.relative(root, file)}`;

/** Writes such a script and returns its path. @param {string} name @param {string[]} words @param {Record<string, string>} [env] */
export function program(name, words, env) {
  const file = path.join(HOME, 'programs', name, 'node');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, script([WINE, ...words], env), { mode: 0o755 });
  return file;
}

/** @param {string[]} words */
function wine(words) {
  const { status, stdout } = spawnSync('sh', ['-c', script([WINE, ...words]), 'sh'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`wine ${words.join(' ')} ended with ${status}: ${stdout}`);
  return stdout;
}

/** Makes it, where it is not there; what Wine calls itself. */
export function makeSystem() {
  if (!fs.existsSync(DONE) || fs.readFileSync(DONE, 'utf8') !== WANTED) {
    fs.rmSync(SYSTEM, { recursive: true, force: true });
    fs.mkdirSync(HOME, { recursive: true });
    unpack();
    finish();
    wine(['wineboot', '-i']);
    // Without a word on the version, each node.exe ends at its check of it.
    wine(['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']);
    setDrives();
    fs.writeFileSync(DONE, WANTED);
  }
  return wine(['--version']).trim();
}

/** Ends what was left behind in it. */
export function endAll() {
  spawnSync('sh', ['-c', script(['/usr/lib/wine/wineserver64', '-k']), 'sh'], { cwd: root });
}
