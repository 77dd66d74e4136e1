'use strict';
// The published packages: each as in the table of platforms, all of one version, and
// nothing that runs or compiles at install. Installing it is tested by `npm run test:install`.

const { before, test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./support/child.js');
const { platformName } = require('../lib/platform.js');

const readJson = (...parts) => JSON.parse(fs.readFileSync(path.join(ROOT, ...parts), 'utf8'));
let PLATFORMS;
let RELEASED;
let manifest;
let publishedManifest;

before(async () => {
  ({ PLATFORMS, RELEASED, manifest } = await import('../scripts/platforms.mjs'));
  ({ publishedManifest } = await import('../scripts/pack.mjs'));
});

test('each platform has its package, as in the table', () => {
  assert.deepEqual(fs.readdirSync(path.join(ROOT, 'npm')).sort(), [...RELEASED].sort());
  for (const platform of RELEASED) {
    assert.deepEqual(readJson('npm', platform, 'package.json'), manifest(platform));
  }
});

test('the loader and the table give this platform the same name', () => {
  assert.ok(Object.hasOwn(PLATFORMS, platformName()), platformName());
  const { os, cpu } = PLATFORMS[platformName()];
  assert.deepEqual([os, cpu], [process.platform, process.arch]);
});

test('memwatch depends on each of them in exactly its own version', () => {
  const { version, optionalDependencies } = publishedManifest();
  assert.deepEqual(
    optionalDependencies,
    Object.fromEntries(RELEASED.map((platform) => [`memwatch-${platform}`, version])),
  );
});

test('npm, Rust and the platform packages have the same version', () => {
  const [, rust] = /\[workspace\.package\]\nversion = "([^"]+)"/.exec(
    fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8'),
  );
  assert.equal(readJson('package.json').version, rust);
});

test('nothing runs at install, and nothing else is installed', () => {
  for (const published of [publishedManifest(), ...RELEASED.map(manifest)]) {
    assert.equal(published.scripts, undefined);
    assert.equal(published.dependencies, undefined);
    assert.equal(published.devDependencies, undefined);
    assert.equal(published.gypfile, undefined);
  }
});

test('the package contains the binary and the addon, and a release upload has both', async () => {
  const { addonName, binaryName } = await import('../scripts/platforms.mjs');
  for (const platform of RELEASED) {
    assert.deepEqual(readJson('npm', platform, 'package.json').files, [addonName(platform), binaryName(platform)]);
  }
  assert.ok(fs.existsSync(path.join(ROOT, binaryName(platformName()))), 'npm run build makes it');
  const release = fs.readFileSync(path.join(ROOT, '.github', 'workflows', 'release.yml'), 'utf8');
  const [, uploaded] = /upload-artifact[^\n]*\n(.*?)if-no-files-found/s.exec(release);
  const platform = '\\$\\{\\{ matrix\\.platform \\}\\}';
  for (const name of [`memwatch\\.${platform}\\.node`, `memwatch-${platform}`])
    assert.match(uploaded, new RegExp(`^ +${name}$`, 'm'));
});
