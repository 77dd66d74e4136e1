'use strict';
// The evidence bundle: its contents, without secrets, its permissions, and that a leak
// makes one. The same for another process, from the command line.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const memwatch = require('..');
const { explainFlags } = require('../lib/bundle/flags.js');
const { redactArguments, redactEnvironment, withoutSecrets } = require('../lib/secrets/index.js');
const { about } = require('../lib/bundle/write.js');
const { ROOT, run, says } = require('./support/child.js');
const { assertSchema } = require('./support/schema.js');
const { parse } = require('./support/exposition.js');

const LINUX = process.platform === 'linux';

function temporary(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const readJson = (...parts) => JSON.parse(fs.readFileSync(path.join(...parts), 'utf8'));

test('a bundle describes the process, the system and the state of the detector', async (t) => {
  const inside = temporary(t);
  memwatch.gc();
  const { path: directory, files } = await memwatch.bundle(inside, { leak: { growth: 1 } });
  assert.equal(path.dirname(directory), fs.realpathSync(inside));
  assert.deepEqual(fs.readdirSync(directory).sort(), [...files].sort());
  const { pid, node, environment } = readJson(directory, 'process.json');
  assert.deepEqual([pid, node.versions.v8], [process.pid, process.versions.v8]);
  assert.deepEqual(Object.keys(environment), Object.keys(process.env).sort());
  assert.deepEqual(readJson(directory, 'leak.json'), { growth: 1 });
  assert.equal(readJson(directory, 'state.json').state, memwatch.detectorState().state);
  assert.ok(parse(fs.readFileSync(path.join(directory, 'metrics.prom'), 'utf8')).samples.length > 0);
  const native = readJson(directory, 'native.json');
  assertSchema('native', native);
  if (LINUX) {
    assert.ok(native.rows.v8Heap.residentBytes > 0);
    const { descriptors, descriptorKinds } = readJson(directory, 'system.json');
    assert.ok(descriptors.length > 2);
    assert.equal(
      Object.values(descriptorKinds).reduce((sum, count) => sum + count, 0),
      descriptors.length,
    );
    assert.match(fs.readFileSync(path.join(directory, 'maps.txt'), 'utf8'), /memwatch\..*\.node/);
  }
  if (process.platform !== 'win32') {
    assert.equal(fs.statSync(directory).mode & 0o777, 0o700);
    for (const file of files) assert.equal(fs.statSync(path.join(directory, file)).mode & 0o077, 0);
  }
});

test('a bundle with a snapshot also has the analysis of that snapshot', async (t) => {
  const { path: directory, files } = await memwatch.bundle(temporary(t), { snapshot: true });
  const [snapshot] = files.filter((name) => name.endsWith('.heapsnapshot'));
  const report = readJson(directory, 'report.json');
  assert.equal(report.snapshot.file, path.join(directory, snapshot));
  assert.ok(report.snapshot.nodes > 0);
});

test('the README of a bundle lists its files and says how secrets were treated', async (t) => {
  const { path: directory } = await memwatch.bundle(temporary(t));
  const text = fs.readFileSync(path.join(directory, 'README.txt'), 'utf8');
  for (const file of fs.readdirSync(directory)) if (file !== 'README.txt') assert.ok(text.includes(`\n${file} `), file);
  assert.ok(!text.includes('leak.json') && !text.includes('napshot'));
  assert.equal(
    about(['process.json', 'system.json', 'leak.json', '7.heapsnapshot', 'report.json']),
    `Evidence on one Node.js process, collected by memwatch.

process.json       versions, arguments, environment, and the effect of its options on its memory
system.json        memory, limits and open descriptors as the system has them
leak.json          the reported leak
report.json        leak candidates in the heap snapshot
7.heapsnapshot     the snapshot itself

Values of the environment and of arguments are left out unless they are known to be harmless.
Text that looks like a secret is removed from file names and other texts.
In the snapshot, strings are replaced by their lengths. Names stay: of classes,
properties, functions and files, and any data that the program uses as names.
Review it before you share it.
`,
  );
  assert.equal(
    about(['process.json', '7.heapsnapshot'], { secrets: true }),
    `Evidence on one Node.js process, collected by memwatch.

process.json       versions, arguments, environment, and the effect of its options on its memory
7.heapsnapshot     the snapshot itself

This bundle contains secrets: environment and arguments are unchanged.
The snapshot holds everything that the program had in memory.
`,
  );
});

test('a snapshot in a bundle has no string contents unless secrets are requested', async (t) => {
  const inside = temporary(t);
  const main = async (inside) => {
    const memwatch = require(ROOT);
    globalThis.kept = ['hidden', 'in', 'the', 'heap'].join('-');
    for (const secrets of [false, true]) say((await memwatch.bundle(inside, { snapshot: true, secrets })).path);
  };
  const holds = (directory) => {
    const [file] = fs.readdirSync(directory).filter((name) => name.endsWith('.heapsnapshot'));
    return fs.readFileSync(path.join(directory, file), 'utf8').includes('hidden-in-the-heap');
  };
  assert.deepEqual((await says(main, { input: inside })).map(holds), [false, true]);
});

test('two bundles made concurrently are two directories', async (t) => {
  const inside = temporary(t);
  const made = await Promise.all([1, 2, 3].map(() => memwatch.bundle(inside)));
  assert.equal(new Set(made.map((bundle) => bundle.path)).size, 3);
});

const SECRET = 's3cr3t-0f-the-t3st';

test('no secret of the environment or the arguments is in any file unless secrets are requested', async (t) => {
  const inside = temporary(t);
  const main = async (inside) => {
    const memwatch = require(ROOT);
    process.title = 'service --password hidden-in-the-title';
    say((await memwatch.bundle(`${inside}/without`)).path);
    say((await memwatch.bundle(`${inside}/with`, { secrets: true })).path);
  };
  const env = {
    DATABASE_URL: `postgres://user:${SECRET}@host/db`,
    ANYTHING: SECRET,
    NODE_OPTIONS: '--max-old-space-size=512',
    NODE_PATH: `https://user:${SECRET}@host/path`,
  };
  const [without, kept] = await says(main, { input: inside, env });
  for (const file of fs.readdirSync(without)) {
    const text = fs.readFileSync(path.join(without, file), 'utf8');
    assert.ok(!text.includes(SECRET) && !text.includes('hidden-in-the-title'), file);
  }
  const { environment, optionsThatMatter } = readJson(without, 'process.json');
  assert.equal(environment.ANYTHING, `[redacted, ${SECRET.length} characters]`);
  assert.equal(environment.NODE_PATH, 'https://[redacted]@host/path');
  assert.deepEqual(
    optionsThatMatter.map(({ option, from }) => [option, from]),
    [['--max-old-space-size=512', 'NODE_OPTIONS']],
  );
  assert.equal(readJson(kept, 'process.json').environment.ANYTHING, SECRET);
});

test('arguments lose values of options with secret names, and values that resemble a secret', () => {
  assert.deepEqual(
    redactArguments([
      'node',
      'app.js',
      '--port',
      '80',
      '--api-key',
      'abc',
      '--password=x=y',
      '--verbose',
      'https://a:b@c/d?e=f',
    ]),
    [
      'node',
      'app.js',
      '--port',
      '80',
      '--api-key',
      '[redacted, 3 characters]',
      '--password=[redacted, 3 characters]',
      '--verbose',
      'https://[redacted]@c/d?[redacted]',
    ],
  );
  assert.deepEqual(redactArguments(['-e', 'send("abc")', 'x']), [
    '-e',
    '[a program of 11 characters]',
    '[redacted, 1 characters]',
  ]);
  // A switch with a secret's name, and another option behind it.
  assert.deepEqual(redactArguments(['--auth', '--port', '80']), ['--auth', '--port', '80']);
});

test('values that resemble secrets are removed, and ordinary words are not', () => {
  const secrets = [
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def',
    'AKIAIOSFODNN7EXAMPLE',
    'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    '0123456789abcdef0123456789abcdef01234567',
  ];
  for (const secret of secrets) assert.equal(withoutSecrets(`x ${secret} y`), 'x [redacted] y');
  assert.equal(withoutSecrets('Authorization: Bearer abc'), 'Authorization: Bearer [redacted]');
  for (const plain of [
    '/srv/app/lib/some-rather-long-directory-name/index.js',
    '--max-old-space-size=4096',
    'node_modules/memwatch',
  ]) {
    assert.equal(withoutSecrets(plain), plain);
  }
});

test('of the environment, only variables known to be harmless are included', () => {
  const told = redactEnvironment({
    PATH: '/bin',
    NODE_ENV: 'production',
    MY_SETTING: 'abc',
    NODE_OPTIONS: '--title=x --token=y',
  });
  assert.deepEqual(told, {
    MY_SETTING: '[redacted, 3 characters]',
    NODE_ENV: 'production',
    NODE_OPTIONS: '--title=x --token=[redacted, 1 characters]',
    PATH: '/bin',
  });
});

test('options that affect memory are explained, in either spelling and from both sources', () => {
  const found = explainFlags(['--max_old_space_size=4096', '--expose-gc', '--title=x'], {
    NODE_OPTIONS: '--max-semi-space-size=64 --heapsnapshot-signal SIGUSR2 --stack-size',
    MALLOC_ARENA_MAX: '2',
  });
  assert.deepEqual(
    found.map(({ option, from }) => [option, from]),
    [
      ['--max_old_space_size=4096', 'the command line'],
      ['--expose-gc', 'the command line'],
      ['--max-semi-space-size=64', 'NODE_OPTIONS'],
      ['--heapsnapshot-signal SIGUSR2', 'NODE_OPTIONS'],
      ['MALLOC_ARENA_MAX=2', 'the environment'],
    ],
  );
  assert.match(found[0].means, /4096 MiB/);
  for (const { means } of found) assert.match(means, /^[^\n]+\.$/);
});

test('a leak makes a bundle where that is configured, at most three', async (t) => {
  const inside = temporary(t);
  const [reason] = await says(
    async (inside) => {
      const memwatch = require(ROOT);
      memwatch.configure({ onLeak: { bundle: inside }, detector: 'consecutive' });
      const kept = [];
      const leaks = [];
      memwatch.on('leak', (leak) => leaks.push(leak.reason));
      while (leaks.length < 5) {
        kept.push(new Array(100_000).fill(kept.length));
        memwatch.gc();
        await turns(3);
      }
      say(leaks[0]);
    },
    { input: inside },
  );
  const made = fs.readdirSync(inside).sort();
  assert.equal(made.length, 3);
  assert.equal(readJson(inside, made[0], 'leak.json').reason, reason);
});

test('a directory that cannot be created is one error, or one warning after a leak', async (t) => {
  const file = path.join(temporary(t), 'file');
  fs.writeFileSync(file, '');
  await assert.rejects(memwatch.bundle(file), {
    code: 'ERR_MEMWATCH_BUNDLE_FAILED',
    message: /^The bundle cannot be written: /,
  });
  for (const wrong of [undefined, '', 3, null]) {
    await assert.rejects(memwatch.bundle(/** @type {any} */ (wrong)), {
      name: 'TypeError',
      code: 'ERR_MEMWATCH_USAGE',
    });
  }
  await assert.rejects(memwatch.bundle(file, /** @type {any} */ ({ snapshots: true })), {
    name: 'TypeError',
    code: 'ERR_MEMWATCH_USAGE',
  });
});

const CLI = path.join(ROOT, 'bin', 'memwatch.js');

test('the command makes a bundle of another process', { skip: !LINUX && 'reads /proc' }, async (t) => {
  const inside = temporary(t);
  const args = [
    '--max-semi-space-size=32',
    '-e',
    'console.log("on"); setInterval(() => {}, 1000)',
    '--',
    '--token',
    SECRET,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ANYTHING: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  await once(child.stdout, 'data');
  const { status, stdout, stderr } = await run(process.execPath, [CLI, 'bundle', String(child.pid), '--out', inside]);
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /--max-semi-space-size=32 \(the command line\): The young generation may take three times 32 MiB/,
  );
  const [name] = fs.readdirSync(inside);
  const { node, argv, environment } = readJson(inside, name, 'process.json');
  assert.equal(node.versions.v8, process.versions.v8);
  assert.deepEqual(argv.slice(-2), ['--token', `[redacted, ${SECRET.length} characters]`]);
  assert.equal(environment.ANYTHING, `[redacted, ${SECRET.length} characters]`);
  for (const file of fs.readdirSync(path.join(inside, name))) {
    assert.ok(!fs.readFileSync(path.join(inside, name, file), 'utf8').includes(SECRET), file);
  }
  const json = await run(process.execPath, [CLI, 'bundle', String(child.pid), '--out', inside, '--json']);
  assertSchema('bundle', JSON.parse(json.stdout));
});

test('the command reports an invalid process in one sentence', { skip: !LINUX && 'reads /proc' }, async () => {
  for (const [word, code] of [
    ['abc', 'ERR_MEMWATCH_USAGE'],
    ['4194305', 'ERR_MEMWATCH_NO_SUCH_PROCESS'],
  ]) {
    const { status, stderr } = await run(process.execPath, [CLI, 'bundle', word]);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^memwatch: [^\\n]+ \\[${code}\\]\\n$`));
  }
});
