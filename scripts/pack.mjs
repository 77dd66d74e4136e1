// Packs what is published: `memwatch`, which has no binary, and a package for each platform
// whose binary is there. Publishes nothing, changes nothing in the checkout.
//
//   node scripts/pack.mjs [--out DIR] [--addons DIR] [--all]
//
//   --out     where the archives go (default .cache/packages)
//   --addons  where memwatch.<platform>.node and memwatch-<platform> lie (default: the checkout)
//   --all     a missing binary is an error: for a release
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RELEASED, addonName, binaryName, optionalDependencies, packageName, readJson, root } from './platforms.mjs';

/** What only a checkout needs. */
const OF_A_CHECKOUT = ['scripts', 'devDependencies'];

/** The package.json that users get: with the platforms' packages, and without scripts of any kind. */
export function publishedManifest() {
  const entries = Object.entries(readJson('package.json')).filter(([key]) => !OF_A_CHECKOUT.includes(key));
  return { ...Object.fromEntries(entries), optionalDependencies: optionalDependencies() };
}

/** Copies what `files` names, and what npm always packs. */
function stage(directory, manifest, from) {
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of manifest.files) fs.cpSync(path.join(from, name), path.join(directory, name), { recursive: true });
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(directory, 'LICENSE'));
}

/**
 * @param {{ out: string, addons?: string, all?: boolean }} options
 * @returns {{ name: string, archive: string, unpackedBytes: number, files: string[] }[]} memwatch itself last
 */
export function pack({ out, addons = root, all = false }) {
  const isThere = (name) => fs.existsSync(path.join(addons, name));
  const platforms = RELEASED.filter((platform) => isThere(addonName(platform)) && isThere(binaryName(platform)));
  const missing = RELEASED.filter((platform) => !platforms.includes(platform));
  if (all && missing.length > 0) throw new Error(`there is no binary for ${missing.join(', ')}`);
  if (platforms.length === 0) throw new Error(`there is no binary in ${addons}: npm run build makes one`);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-pack-'));
  try {
    for (const platform of platforms) {
      const directory = path.join(work, packageName(platform));
      stage(directory, readJson('npm', platform, 'package.json'), addons);
      // What carries files from one machine to another may lose that they can be run.
      fs.chmodSync(path.join(directory, binaryName(platform)), 0o755);
      fs.writeFileSync(
        path.join(directory, 'README.md'),
        `# ${packageName(platform)}\n\nThe native addon and the binary of [memwatch](https://www.npmjs.com/package/memwatch) for ` +
          `${platform}: install \`memwatch\`, which brings them.\n`,
      );
    }
    const main = path.join(work, 'memwatch');
    stage(main, publishedManifest(), root);
    fs.copyFileSync(path.join(root, 'README.md'), path.join(main, 'README.md'));
    fs.mkdirSync(out, { recursive: true });
    return [...platforms.map(packageName), 'memwatch'].map((name) => archiveOf(path.join(work, name), out));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

function archiveOf(directory, out) {
  const printed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', out], {
    cwd: directory,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const packed = JSON.parse(printed);
  // npm before 12 prints a list, later ones an object by name.
  const { name, filename, unpackedSize, files } = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  return {
    name,
    archive: path.join(out, filename),
    unpackedBytes: unpackedSize,
    files: files.map((file) => file.path).sort(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { out: { type: 'string' }, addons: { type: 'string' }, all: { type: 'boolean', default: false } },
  });
  const { out = path.join(root, '.cache', 'packages'), addons = root, all } = values;
  for (const { archive, unpackedBytes, files } of pack({ out: path.resolve(out), addons: path.resolve(addons), all })) {
    console.log(`${path.relative(root, archive)}  ${(unpackedBytes / 1e6).toFixed(2)} MB in ${files.length} files`);
  }
}
