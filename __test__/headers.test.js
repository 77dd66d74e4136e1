'use strict';
// The build where Node's headers are in none of the four places. It compiles the build
// script alone, in a package of its own, and runs it.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT, run } = require('./support/child.js');

const cargo = spawnSync('cargo', ['--version'], { cwd: ROOT, encoding: 'utf8' });
const skip = cargo.status === 0 ? false : 'needs cargo, which is not here';

/** A package whose build script is the project's, with the same dependencies. */
function packageOfBuildScript(directory) {
  const manifest = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');
  const dependencies = /^\[build-dependencies\]\n[^[]*/m.exec(manifest);
  assert.notEqual(dependencies, null, 'Cargo.toml has build dependencies');
  fs.mkdirSync(path.join(directory, 'src', 'v8', 'microsoft'), { recursive: true });
  fs.writeFileSync(path.join(directory, 'src', 'lib.rs'), '');
  for (const file of ['build.rs', 'linking.rs', 'src/v8/microsoft/build.rs', 'Cargo.lock']) {
    fs.copyFileSync(path.join(ROOT, file), path.join(directory, file));
  }
  fs.writeFileSync(
    path.join(directory, 'Cargo.toml'),
    `[package]\nname = "memwatch"\nversion = "0.0.0"\nedition = "2024"\n\n${dependencies[0]}\n[workspace]\n`,
  );
}

/** The directories of cargo, which depend on HOME by default. */
const cargoHome = {
  CARGO_HOME: process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo'),
  RUSTUP_HOME: process.env.RUSTUP_HOME ?? path.join(os.homedir(), '.rustup'),
};

test('missing headers give one error that names all four locations', { skip }, async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  packageOfBuildScript(directory);
  const empty = (name) => {
    const made = path.join(directory, 'empty', name);
    fs.mkdirSync(made, { recursive: true });
    return made;
  };
  const program = path.join(empty('node/bin'), 'node');
  fs.writeFileSync(program, '');
  const build = (places) =>
    run('cargo', ['check', '--offline', '--quiet'], {
      cwd: directory,
      env: {
        ...cargoHome,
        CARGO_TARGET_DIR: path.join(directory, 'target'),
        HOME: empty('home'),
        XDG_CACHE_HOME: empty('cache'),
        LOCALAPPDATA: empty('cache'),
        npm_node_execpath: program,
        npm_config_devdir: undefined,
        ...places,
      },
    });

  const set = { MEMWATCH_NODE_INCLUDE: empty('include'), npm_config_nodedir: empty('nodedir') };
  const outcome = await build(set);
  assert.notEqual(outcome.status, 0, outcome.stderr);
  const report = outcome.stderr.slice(outcome.stderr.indexOf('memwatch: the C++ headers'));
  const lines = report.split('\n').map((line) => line.trim());
  assert.equal(lines[0], 'memwatch: the C++ headers of Node.js were not found.', outcome.stderr);
  assert.ok(lines[1].startsWith('1. MEMWATCH_NODE_INCLUDE') && lines[1].includes(set.MEMWATCH_NODE_INCLUDE), lines[1]);
  assert.ok(lines[2].startsWith("2. npm's nodedir") && lines[2].includes(set.npm_config_nodedir), lines[2]);
  assert.ok(lines[3].startsWith('3. include/node beside the running node'), lines[3]);
  assert.ok(lines[3].includes(path.join('empty', 'node', 'include', 'node')), lines[3]);
  assert.ok(lines[4].startsWith("4. node-gyp's cache"), lines[4]);
  assert.match(lines[5], /`npx node-gyp install`.*MEMWATCH_NODE_INCLUDE/);
  assert.equal(outcome.stderr.split('were not found').length, 2, 'it is said once');

  const unset = await build({ MEMWATCH_NODE_INCLUDE: '', npm_config_nodedir: '' });
  assert.notEqual(unset.status, 0);
  assert.match(
    unset.stderr,
    /1\. MEMWATCH_NODE_INCLUDE is not set\n\s+2\. npm's nodedir \(npm_config_nodedir\) is not set/,
  );
});
