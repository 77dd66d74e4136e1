'use strict';
// What docs/containers.md says, tried with the kernel's own means: namespaces, control groups, a filter on system calls. No
// image is built here, and no cluster is asked; of the manifests it is checked that they ask for what is tried.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const yaml = require('yaml');
const { ROOT } = require('./support/child.js');
const { CLI, NODE, Pod, USER, VOLUME, cannotContain, exec, firstOf, stop } = require('./support/container.js');
const { controlGroup } = require('./support/control-group.js');
const { unlessMusl } = require('./support/not-here.js');

const contained = { skip: cannotContain() || unlessMusl('files of an image').skip };

// Many times what the slowest takes on a machine that has much else to do.
const AT_MOST_MS = 120_000;

async function until(condition, what) {
  for (const end = Date.now() + AT_MOST_MS; Date.now() < end; await pause(20)) {
    const found = condition();
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what()}`);
}

/** Waits for what a container prints. */
const prints = (container, text) =>
  until(
    () => container.said.stdout.includes(text),
    () => `${text} in ${JSON.stringify(container.said)}`,
  );

/** The environment of examples/containers/deployment.yaml. */
const PREPARED = { NODE_OPTIONS: '--require=/srv/node_modules/memwatch', MEMWATCH_SNAPSHOT_SIGNAL: 'SIGUSR2' };

const READY = `
require('memwatch').on('snapshot', ({ mode }) => console.log('taken: ' + mode));
console.log('ready');
setInterval(() => {}, 1000);
`;

const PLAIN = `
class Reader {}
globalThis.kept = Array.from({ length: 5000 }, () => new Reader());
console.log('ready');
setInterval(() => {}, 1000);
`;

// Waits for its flight recorder, so that there is one; then it takes memory until it is ended.
const LEAKING = `
const fs = require('node:fs');
const memwatch = require('memwatch');
memwatch.configure({ flightRecorder: '/var/crash/app.json' });
const kept = [];
console.log('ready');
setInterval(() => {
  memwatch.gc();
  if (process.env.LEAK && fs.existsSync('/var/crash/app.json')) kept.push(Buffer.alloc(16 << 20, 1));
}, 20);
`;

const memwatch = (...words) => [NODE, CLI, ...words];

/** Process 1 in the directory that can be written, as `workingDir` has it. */
const inVolume = ['sh', '-c', `cd ${VOLUME} && exec ${NODE} /srv/app.js`];

test('a sidecar requests a snapshot from an unprivileged container with a read-only root', contained, async (t) => {
  const pod = new Pod(t, READY);
  const app = pod.start(inVolume, { env: PREPARED });
  await prints(app, 'ready');
  const status = fs.readFileSync(`/proc/${firstOf(app)}/status`, 'utf8');
  for (const line of [/^CapBnd:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m, new RegExp(`^Uid:\\t${USER}\\t`, 'm')]) {
    assert.match(status, line);
  }
  assert.notEqual(exec(app, ['touch', '/srv/file', '/file']).status, 0);

  const taken = exec(app, memwatch('snapshot', '1'), { env: PREPARED });
  assert.equal(taken.status, 0, taken.stderr);
  const file = taken.stdout.trim().split('\n').at(-1);
  assert.equal(path.dirname(file), VOLUME);
  await prints(app, 'taken: fork');

  const read = async (confine) => {
    const sidecar = pod.start(memwatch('analyze', file), { access: 'ro', confine });
    return sidecar.ended;
  };
  const analysis = await read();
  assert.equal(analysis.status, 0, analysis.stderr);
  // Files are their owner's alone: the sidecar needs the same user.
  const other = await read({ user: USER + 1 });
  assert.deepEqual([other.status, /ERR_MEMWATCH_SNAPSHOT_UNREADABLE/.test(other.stderr)], [2, true], other.stderr);
});

test(
  'a snapshot without write permission is refused in one sentence, and the program continues',
  contained,
  async (t) => {
    const pod = new Pod(t, READY);
    const app = pod.start(['sh', '-c', `cd /srv && exec ${NODE} app.js`], { env: PREPARED });
    await prints(app, 'ready');
    const { status, stderr } = exec(app, memwatch('snapshot', '1'), { env: PREPARED });
    assert.equal(status, 2);
    assert.match(stderr, /\/srv.*\[ERR_MEMWATCH_SNAPSHOT_DIRECTORY\]/);
    assert.equal(app.child.exitCode, null);
  },
);

test('the flight recorder file survives the kill at the memory limit of the container', contained, async (t) => {
  const pod = new Pod(t, LEAKING);
  // After the pod, so that its containers are gone when the group goes.
  const group = controlGroup(t);
  if (group === undefined) return;
  fs.writeFileSync(group.limit, String(320 << 20));
  // A shell that reports how it ended, as the runtime does.
  const told = ['sh', '-c', `${NODE} /srv/app.js; echo "status $?"`];
  const { stdout, stderr } = await pod.start(told, { group: group.procs, env: { LEAK: '1' } }).ended;
  assert.match(stdout, /^status 137$/m, stderr);
  const report = (file) => pod.start(memwatch('report', `${VOLUME}/${file}`), { access: 'ro' }).ended;
  const left = await report('app.json');
  assert.match(left.stdout, /did not exit: it was killed, or it crashed/, left.stderr);

  const second = pod.start([NODE, '/srv/app.js'], { group: group.procs });
  await prints(second, 'ready');
  await until(
    () => fs.existsSync(path.join(pod.volume, 'app.json')) && fs.existsSync(path.join(pod.volume, 'app.json.previous')),
    () => `two files in ${fs.readdirSync(pod.volume)}`,
  );
  assert.match((await report('app.json.previous')).stdout, /did not exit: it was killed, or it crashed/);
  await stop(second);
});

test('a sidecar with the same user can read the process, and what prevents that is named', contained, async (t) => {
  const pod = new Pod(t, PLAIN);
  const app = pod.start([NODE, '/srv/app.js']);
  await prints(app, 'ready');
  const analyse = (confine) => pod.start(memwatch('analyze', '1'), { access: 'ro', beside: app, confine }).ended;
  const yama = fs.existsSync('/proc/sys/kernel/yama/ptrace_scope')
    ? fs.readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8').trim()
    : '0';
  const same = await analyse();
  if (yama === '0') assert.match(same.stdout, /^Read from memory by memwatch's own reader/, same.stderr);
  else assert.match(same.stderr, /ERR_MEMWATCH_ATTACH_DENIED/);
  for (const confine of [{ user: USER + 1 }, { filter: ['--no-ptrace'] }]) {
    const { status, stderr } = await analyse(confine);
    assert.deepEqual([status, /\[ERR_MEMWATCH_ATTACH_DENIED\]/.test(stderr)], [2, true], stderr);
  }
  assert.equal(app.child.exitCode, null);
});

test('as process 1 node ignores an unhandled SIGTERM, and memwatch run passes it on', contained, async (t) => {
  const plain = new Pod(t, PLAIN);
  const node = plain.start([NODE, '/srv/app.js']);
  await prints(node, 'ready');
  process.kill(firstOf(node), 'SIGTERM');
  const pod = new Pod(t, PLAIN);
  const run = pod.start(memwatch('run', '--no-dashboard', '/srv/app.js'));
  await prints(run, 'ready');
  process.kill(firstOf(run), 'SIGTERM');
  assert.equal((await run.ended).status, 143, run.said.stderr);
  // Long after the other one has ended.
  assert.ok(node.child.exitCode === null && firstOf(node) !== undefined);
});

const EXAMPLES = path.join(ROOT, 'examples', 'containers');
const example = (name) => fs.readFileSync(path.join(EXAMPLES, name), 'utf8');

test('the manifest has the settings that are tested here', () => {
  const [deployment, ...more] = yaml.parseAllDocuments(example('deployment.yaml'), { strict: true, uniqueKeys: true });
  assert.deepEqual([deployment.errors, deployment.warnings, more], [[], [], []]);
  const { spec } = deployment.toJS().spec.template;
  assert.deepEqual(spec.securityContext, {
    runAsNonRoot: true,
    runAsUser: USER,
    fsGroup: USER,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  const volumes = new Set(spec.volumes.map(({ name }) => name));
  const [app, crash] = spec.containers;
  for (const container of [app, crash]) {
    const { readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities } = container.securityContext;
    assert.deepEqual(
      [readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities],
      [true, false, { drop: ['ALL'] }],
    );
    for (const { name } of container.volumeMounts) assert.ok(volumes.has(name), name);
    assert.ok(container.resources.limits.memory);
  }
  const environment = Object.fromEntries(app.env.map(({ name, value }) => [name, value]));
  assert.equal(environment.MEMWATCH_SNAPSHOT_SIGNAL, PREPARED.MEMWATCH_SNAPSHOT_SIGNAL);
  assert.ok(environment.NODE_OPTIONS.startsWith(PREPARED.NODE_OPTIONS));
  // V8's limit first, so that it asks before the kernel acts.
  const [, limit] = /--max-old-space-size=(\d+)/.exec(environment.NODE_OPTIONS);
  assert.ok(Number(limit) < Number.parseInt(app.resources.limits.memory, 10));
  assert.equal(app.workingDir, VOLUME);
  assert.equal(crash.volumeMounts.find(({ mountPath }) => mountPath === VOLUME).readOnly, true);
});

test('the images run as an unprivileged user, with their command as process 1', () => {
  for (const name of ['app.Dockerfile', 'cli.Dockerfile']) {
    const lines = example(name).split('\n');
    assert.equal(lines.filter((line) => line.startsWith('USER ')).at(-1), 'USER node', name);
    const last = lines.filter((line) => /^(CMD|ENTRYPOINT) /.test(line)).at(-1);
    assert.ok(Array.isArray(JSON.parse(last.replace(/^\w+ /, ''))), last);
  }
});
