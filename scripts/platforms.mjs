// The platforms there is a binary for: what their packages are called and contain, and how
// each is built. Builds and packs nothing.
//
//   node scripts/platforms.mjs --write    writes npm/<platform>/package.json anew
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const { binaryName } = createRequire(import.meta.url)('../lib/platform.js');

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const readJson = (...parts) => JSON.parse(fs.readFileSync(path.join(root, ...parts), 'utf8'));

// The oldest C library that Node 18 itself runs on, and so the oldest that needs us.
const GLIBC = '2.28';

const GNU = { os: 'linux', libc: 'glibc' };
const MUSL = { os: 'linux', libc: 'musl' };

/**
 * By the name that lib/platform.js gives. `target` is Rust's, with the version of the C
 * library that zig shall link against.
 */
export const PLATFORMS = {
  'linux-x64-gnu': { ...GNU, cpu: 'x64', target: `x86_64-unknown-linux-gnu.${GLIBC}` },
  'linux-arm64-gnu': { ...GNU, cpu: 'arm64', target: `aarch64-unknown-linux-gnu.${GLIBC}` },
  'linux-x64-musl': { ...MUSL, cpu: 'x64', target: 'x86_64-unknown-linux-musl' },
  'linux-arm64-musl': { ...MUSL, cpu: 'arm64', target: 'aarch64-unknown-linux-musl' },
  'darwin-x64': { os: 'darwin', cpu: 'x64', target: 'x86_64-apple-darwin' },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64', target: 'aarch64-apple-darwin' },
  // Named after the ABI of node.exe, as such packages are. The Rust half has mingw's C runtime, so that it can be linked
  // without Microsoft's; V8 is called in Microsoft's ABI (src/v8/microsoft). Pending: loaded in Wine, on no Windows.
  'win32-x64-msvc': { os: 'win32', cpu: 'x64', target: 'x86_64-pc-windows-gnu', isPending: true },
};

/** Those that a release has packages for. */
export const RELEASED = Object.keys(PLATFORMS).filter((platform) => !PLATFORMS[platform].isPending);

export const packageName = (platform) => `memwatch-${platform}`;
export const addonName = (platform) => `memwatch.${platform}.node`;
export { binaryName };

/** The package.json of one platform. */
export function manifest(platform) {
  const { version, license, repository, engines } = readJson('package.json');
  const { os, cpu, libc } = PLATFORMS[platform];
  return {
    name: packageName(platform),
    version,
    description: `The native addon and the binary of memwatch for ${platform}. Install memwatch, which brings them.`,
    license,
    repository: { ...repository, directory: `npm/${platform}` },
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
    main: addonName(platform),
    files: [addonName(platform), binaryName(platform)],
    // Neither can be loaded out of an archive, as Yarn's Plug'n'Play would have it.
    preferUnplugged: true,
  };
}

/** What `memwatch` depends on: each platform's package in exactly its own version. */
export function optionalDependencies() {
  const { version } = readJson('package.json');
  return Object.fromEntries(RELEASED.map((platform) => [packageName(platform), version]));
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === '--write') {
  for (const platform of RELEASED) {
    const directory = path.join(root, 'npm', platform);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, 'package.json'), `${JSON.stringify(manifest(platform), null, 2)}\n`);
  }
}
