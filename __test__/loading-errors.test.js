'use strict';
// Unsupported runtimes and installations: each is reported in one sentence with a
// code, and the program can go on without it.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT, says } = require('./support/child.js');
const { platformName } = require('../lib/platform.js');

const ADDON = path.join(ROOT, `memwatch.${platformName()}.node`);

/**
 * Requires it in a program prepared by `prepare`, and continues: the error, or null.
 * @param {{ prepare?: Function, input?: unknown, env?: NodeJS.ProcessEnv, flags?: string[] }} [how]
 */
async function loadError({ prepare = () => {}, input, env, flags } = {}) {
  const [error, alive] = await says(
    `(input) => {
      (${prepare})(input);
      try {
        require(ROOT);
        say(null);
      } catch ({ name, message, code, cause }) {
        say({ name, message, code, cause: cause === undefined ? null : String(cause) });
      }
      setTimeout(() => say('alive'), 1);
    }`,
    { input, env, flags },
  );
  assert.equal(alive, 'alive');
  return error;
}

/** Writes a file for the time of a test. */
function temporary(t, name, content) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, name);
  fs.writeFileSync(file, content);
  return file;
}

/** One sentence: it ends once, with a point, and has no line breaks. */
function isReadable(message) {
  assert.match(message, /^memwatch.*\.$/s);
  assert.doesNotMatch(message, /undefined|\[object|NaN|\.\./);
}

test('an existing addon loads, also when it is required by its path', async (t) => {
  assert.equal(await loadError(), null);
  assert.equal(await loadError({ env: { MEMWATCH_ADDON: ADDON } }), null);
  const copy = temporary(t, 'copy.node', fs.readFileSync(ADDON));
  assert.equal(await loadError({ env: { MEMWATCH_ADDON: copy } }), null);
});

test('a missing addon file is named, with the command that helps', async () => {
  const missing = path.join(os.tmpdir(), 'memwatch-is-not-here.node');
  const error = await loadError({ env: { MEMWATCH_ADDON: missing } });
  assert.equal(error.code, 'ERR_MEMWATCH_ADDON_MISSING');
  isReadable(error.message);
  for (const part of [missing, platformName(), 'npm run build']) assert.ok(error.message.includes(part), error.message);
});

/** The published package alone, as where npm has left the platform's package out. @returns {Promise<string>} its place */
async function withoutBinary(t, change = (manifest) => manifest) {
  const { publishedManifest } = await import('../scripts/pack.mjs');
  const manifest = change(publishedManifest());
  const directory = path.dirname(temporary(t, 'package.json', JSON.stringify(manifest)));
  for (const part of ['index.js', 'lib'])
    fs.cpSync(path.join(ROOT, part), path.join(directory, part), { recursive: true });
  return directory;
}

function loadErrorOf(directory) {
  return says(
    (directory) => {
      try {
        require(directory);
      } catch ({ code, message }) {
        say({ code, message });
      }
    },
    { input: directory },
  );
}

test('a package without its binary names the platform package, the command that installs it, and the source build', async (t) => {
  const [error] = await loadErrorOf(await withoutBinary(t));
  assert.equal(error.code, 'ERR_MEMWATCH_ADDON_MISSING');
  isReadable(error.message);
  const { version } = require('../package.json');
  const name = `memwatch-${platformName()}`;
  for (const part of [` ${name},`, `"npm install ${name}@${version}"`, 'git clone', 'npm run build', 'Rust']) {
    assert.ok(error.message.includes(part), error.message);
  }
});

test('a platform without a package is referred to the source build', async (t) => {
  const directory = await withoutBinary(t, (manifest) => ({
    ...manifest,
    optionalDependencies: { 'memwatch-other': '1.0.0' },
  }));
  const [error] = await loadErrorOf(directory);
  assert.equal(error.code, 'ERR_MEMWATCH_ADDON_MISSING');
  isReadable(error.message);
  assert.match(
    error.message,
    /has no package for .*commands about files .*cargo install .* memwatch-cli.*git clone .*MEMWATCH_ADDON/,
  );
});

test('a checkout that is not built names the command that builds it', async (t) => {
  const directory = await withoutBinary(t, ({ optionalDependencies, ...manifest }) => manifest);
  const [error] = await loadErrorOf(directory);
  assert.equal(error.code, 'ERR_MEMWATCH_ADDON_MISSING');
  isReadable(error.message);
  assert.match(error.message, /"npm run build"/);
});

/** The addon, wanting a function of V8's that no program has: as one that offers none would look to it. */
function wantingMore(bytes) {
  const name = Buffer.from('_ZN2v87Isolate13TryGetCurrentEv\0');
  const other = Buffer.from(bytes);
  const at = other.indexOf(name);
  assert.notEqual(at, -1);
  other.write('_ZN2v87Isolate13TryGetCurrentXX', at);
  return other;
}

test('a program that does not export V8 to addons, as Electron may not, is reported as such', {
  skip: process.platform !== 'linux' && 'changes an ELF file',
}, async (t) => {
  const file = temporary(t, 'stranger.node', wantingMore(fs.readFileSync(ADDON)));
  const plain = await loadError({ env: { MEMWATCH_ADDON: file } });
  const inElectron = await loadError({
    env: { MEMWATCH_ADDON: file },
    prepare: () => Object.defineProperty(process, 'versions', { value: { ...process.versions, electron: '33.0.0' } }),
  });
  for (const error of [plain, inElectron]) {
    assert.equal(error.code, 'ERR_MEMWATCH_ADDON_UNUSABLE');
    isReadable(error.message);
    assert.match(error.message, /does not export V8's function _ZN2v87Isolate13TryGetCurrentXX to addons/);
    // The loader's own words: glibc's, and musl's.
    assert.match(error.cause, /undefined symbol|symbol not found/);
  }
  assert.match(plain.message, /: this program does not/);
  assert.match(inElectron.message, /: Electron 33\.0\.0 does not/);
});

test('Electron, whose V8 is untested, is named', async () => {
  const error = await loadError({
    prepare: () => {
      const versions = { ...process.versions, electron: '33.0.0', modules: '130' };
      Object.defineProperty(process, 'versions', { value: versions });
    },
  });
  assert.equal(error.code, 'ERR_MEMWATCH_UNSUPPORTED_NODE');
  isReadable(error.message);
  assert.match(error.message, /this is Electron 33\.0\.0 with the V8 of Node\.js v/);
});

const UNUSABLE = {
  'that is a text': () => 'this is no addon\n',
  'that is empty': () => '',
  'that is cut off': (bytes) => bytes.subarray(0, bytes.length / 3),
  'with a wrong beginning': (bytes) => Buffer.concat([Buffer.from('MZ'), bytes.subarray(2)]),
  'for another processor': (bytes) => {
    const other = Buffer.from(bytes);
    // e_machine of an ELF file: AArch64 where this is x86-64, and the other way round.
    other.writeUInt16LE(other.readUInt16LE(18) === 0xb7 ? 0x3e : 0xb7, 18);
    return other;
  },
};
for (const [what, make] of Object.entries(UNUSABLE)) {
  const skip = process.platform === 'linux' ? false : 'changes an ELF file';
  test(`an addon file ${what} is reported with its name and the platform`, { skip }, async (t) => {
    const file = temporary(t, 'broken.node', make(fs.readFileSync(ADDON)));
    const error = await loadError({ env: { MEMWATCH_ADDON: file } });
    assert.equal(error.code, 'ERR_MEMWATCH_ADDON_UNUSABLE');
    isReadable(error.message);
    for (const part of [file, platformName(), process.version]) assert.ok(error.message.includes(part), error.message);
    assert.notEqual(error.cause, null);
  });
}

test('a library that is not our addon is reported', { skip: process.platform !== 'linux' }, async (t) => {
  const maps = fs.readFileSync('/proc/self/maps', 'utf8');
  // Where musl is the C library, libm is a part of it.
  const other = /\/\S*\/lib(?:m|stdc\+\+)[-.]\S*/.exec(maps)?.[0];
  if (other === undefined) {
    t.skip('finds no other library');
    return;
  }
  const error = await loadError({ env: { MEMWATCH_ADDON: temporary(t, 'other.node', fs.readFileSync(other)) } });
  assert.equal(error.code, 'ERR_MEMWATCH_ADDON_UNUSABLE');
  isReadable(error.message);
});

/** Overrides some of process.versions. */
const versions = (changed) => {
  const value = { ...process.versions, ...changed };
  for (const name of Object.keys(changed)) if (changed[name] === null) delete value[name];
  Object.defineProperty(process, 'versions', { value });
};

test('an untested Node gets an error that names the tested versions and how to load it all the same', async () => {
  for (const modules of ['93', '120', '999']) {
    const options = { prepare: versions, input: { modules } };
    const error = await loadError(options);
    assert.equal(error.code, 'ERR_MEMWATCH_UNSUPPORTED_NODE');
    isReadable(error.message);
    for (const part of [process.version, '18', '26', 'MEMWATCH_UNTRIED_NODE=1']) {
      assert.ok(error.message.includes(part), error.message);
    }
    assert.equal(await loadError({ ...options, env: { MEMWATCH_UNTRIED_NODE: '1' } }), null);
  }
});

test('Bun, Deno and engines without V8 are reported in one sentence', async () => {
  for (const [changed, name] of [
    [{ bun: '1.2.0' }, 'bun'],
    [{ deno: '2.0.0' }, 'deno'],
    [{ v8: null }, 'without V8'],
  ]) {
    const error = await loadError({ prepare: versions, input: changed });
    assert.equal(error.code, 'ERR_MEMWATCH_UNSUPPORTED_RUNTIME');
    assert.ok(error.message.includes(name), error.message);
    isReadable(error.message);
  }
});

test('an addon of another version is reported with both versions', async () => {
  const { version } = require('../package.json');
  for (const other of ['0.9.0', undefined]) {
    const error = await loadError({
      prepare: (other) => {
        const real = process.dlopen;
        process.dlopen = (/** @type {NodeJS.Module} */ module, ...rest) => {
          real.call(process, module, ...rest);
          module.exports = { ...module.exports, version: other && (() => other) };
        };
      },
      input: other,
    });
    assert.equal(error.code, 'ERR_MEMWATCH_ADDON_UNUSABLE');
    assert.ok(error.message.includes(other ?? 'another version'), error.message);
    assert.ok(error.message.includes(version), error.message);
    isReadable(error.message);
  }
});

test('values of V8 that disagree with those of Node are a failed self-test', async () => {
  const fakes = {
    heap_size_limit: 'heap limit',
    used_heap_size: 'used heap',
    total_heap_size: 'total heap',
    number_of_native_contexts: 'native contexts',
  };
  for (const [field, named] of Object.entries(fakes)) {
    const error = await loadError({
      prepare: (field) => {
        const v8 = require('node:v8');
        const real = v8.getHeapStatistics;
        v8.getHeapStatistics = () => {
          const statistics = real();
          return { ...statistics, [field]: statistics[field] + 64 * 1024 * 1024 };
        };
      },
      input: field,
    });
    assert.equal(error.code, 'ERR_MEMWATCH_SELF_TEST', field);
    assert.ok(error.message.includes(named), error.message);
    assert.ok(error.message.includes(process.versions.v8), error.message);
    isReadable(error.message);
  }
  const spaces = await loadError({
    prepare: () => {
      require('node:v8').getHeapSpaceStatistics = () => [];
    },
  });
  assert.equal(spaces.code, 'ERR_MEMWATCH_SELF_TEST');
});

test('a failed load can be retried', async () => {
  const [first, second] = await says(
    (addon) => {
      process.env.MEMWATCH_ADDON = '/nowhere/memwatch.node';
      try {
        require(ROOT);
      } catch ({ code }) {
        say(code);
      }
      process.env.MEMWATCH_ADDON = addon;
      say(typeof require(ROOT).gc);
    },
    { input: ADDON },
  );
  assert.deepEqual([first, second], ['ERR_MEMWATCH_ADDON_MISSING', 'function']);
});
