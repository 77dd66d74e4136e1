'use strict';
// A container without a container engine, by the same means of the kernel: process 1 of its own namespaces, a root file
// system that cannot be written, another user without a right, a filter on system calls, a volume. Asserts nothing. It is
// no image, and no cluster.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./child.js');

/** As in examples/containers. */
const USER = 1000;
const NODE = '/opt/node';
const CLI = '/srv/node_modules/memwatch/bin/memwatch.js';
const VOLUME = '/var/crash';
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

// In namespaces of its own: $1 is where the root is made, $2 what is mounted on /var/crash, $3 ro or rw, $4 node, $5 the
// checkout, $6 the program, $7 the helper that filters.
const ENTER = `set -e
root=$1 volume=$2 access=$3 node=$4 checkout=$5 app=$6 filter=$7; shift 7
mount --make-rprivate /
mount -t tmpfs -o mode=755 none $root
for dir in usr etc; do mkdir $root/$dir; mount --bind /$dir $root/$dir; done
for dir in bin sbin lib lib64; do [ -d /$dir ] && ln -s usr/$dir $root/$dir; done
mkdir -p $root/proc $root/sys $root/dev $root/tmp $root/var/crash $root/srv/node_modules/memwatch $root/opt
mount -t proc proc $root/proc
mount --rbind /sys $root/sys
mount --rbind /dev $root/dev
mount -t tmpfs -o mode=1777 none $root/tmp
mount --bind $checkout $root/srv/node_modules/memwatch
touch $root/opt/node $root/opt/filter $root/srv/app.js
mount --bind $node $root/opt/node
mount --bind $filter $root/opt/filter
mount --bind $app $root/srv/app.js
mount --bind $volume $root/var/crash
[ $access = rw ] || mount -o remount,bind,ro $root/var/crash
for at in usr etc srv/node_modules/memwatch; do mount -o remount,bind,ro $root/$at; done
mount -o remount,ro $root
exec chroot $root "$@"
`;

/** What the runtimes take from a process: its user, its rights, and system calls. @param {{ user?: number, filter?: string[] }} [how] */
const confined = ({ user = USER, filter = [] } = {}) => [
  ...['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--no-new-privs'],
  ...['--inh-caps=-all', '--bounding-set=-all', '/opt/filter', ...filter],
];

const NAMESPACES = ['unshare', '--mount', '--pid', '--fork', '--ipc', '--uts'];
const BESIDE = ['unshare', '--mount', '--fork', '--ipc', '--uts'];

/** Why there can be no container here; false where there can. */
function cannotContain() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'containers are those of Linux, on x64';
  if (process.geteuid?.() !== 0) return 'this user is not root, and may not mount';
  const made = spawnSync(NAMESPACES[0], [...NAMESPACES.slice(1), 'sh', '-c', 'mount -t tmpfs none /mnt'], {
    encoding: 'utf8',
  });
  if (made.status !== 0) return `this system forbids namespaces: ${made.stderr.trim()}`;
  return spawnSync('setpriv', ['--version']).status !== 0 && 'there is no setpriv here';
}

/** A pod: a volume, and containers that run the same program. */
class Pod {
  #containers = [];
  #directory;
  #app;
  #filter;
  volume;

  /** @param {string} program  the text of /srv/app.js */
  constructor(t, program) {
    this.#directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-pod-'));
    t.after(async () => {
      for (const container of this.#containers) await stop(container);
      fs.rmSync(this.#directory, { recursive: true, force: true });
    });
    fs.chmodSync(this.#directory, 0o755);
    this.#app = path.join(this.#directory, 'app.js');
    fs.writeFileSync(this.#app, program);
    this.#filter = path.join(this.#directory, 'filter');
    const source = path.join(__dirname, '..', 'fixtures', 'containers', 'filter.c');
    const built = spawnSync(process.env.CC ?? 'cc', ['-O1', '-o', this.#filter, source], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
    this.volume = path.join(this.#directory, 'volume');
    fs.mkdirSync(this.volume);
    // As fsGroup makes it.
    fs.chownSync(this.volume, 0, USER);
    fs.chmodSync(this.volume, 0o2775);
  }

  /**
   * Starts a container.
   * @param {string[]} command  process 1
   * @param {{ env?: object, access?: 'rw' | 'ro', group?: string, confine?: { user?: number, filter?: string[] }, beside?: object }} [how]
   *   `group`: the file cgroup.procs of the control group that it is in; `beside`: a container whose processes it sees
   */
  start(command, { env = {}, access = 'rw', group, confine, beside } = {}) {
    const root = fs.mkdtempSync(path.join(this.#directory, 'root-'));
    const files = [root, this.volume, access, process.execPath, ROOT, this.#app, this.#filter];
    const join = group === undefined ? [] : ['sh', '-c', `echo $$ > ${group} && exec "$@"`, 'sh'];
    const within = beside === undefined ? NAMESPACES : ['nsenter', `--target=${firstOf(beside)}`, '--pid', ...BESIDE];
    const [name, ...words] = [...join, ...within, 'sh', '-c', ENTER, 'sh', ...files, ...confined(confine), ...command];
    const child = spawn(name, words, {
      cwd: '/',
      env: { PATH: SYSTEM_PATH, HOME: '/tmp', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => (said[stream] += text));
    const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve({ status, signal, ...said })));
    const container = { child, ended, said };
    this.#containers.push(container);
    return container;
  }
}

/** The number outside of its container of process 1; undefined where there is none. */
function firstOf({ child }) {
  const first = fs.readdirSync('/proc').find((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        / \(.*\) \S (\d+)/s.exec(fs.readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1] === `${child.pid}`
      );
    } catch {
      return false;
    }
  });
  return first === undefined ? undefined : Number(first);
}

/** Ends a container: process 1, and with it all others. */
async function stop(container) {
  const first = container.child.exitCode === null ? firstOf(container) : undefined;
  if (first !== undefined) process.kill(first, 'SIGKILL');
  container.child.kill('SIGKILL');
  await container.ended;
}

/**
 * Runs a command in a container that runs, as `kubectl exec` does: with its environment, user and filter.
 * @param {any} container  what start() returned
 * @param {string[]} command
 * @param {{ env?: object, confine?: { user?: number, filter?: string[] } }} [how]
 */
function exec(container, command, { env = {}, confine } = {}) {
  const entered = [`--target=${firstOf(container)}`, '--mount', '--pid', '--ipc', '--root', '--wd'];
  return spawnSync('nsenter', [...entered, ...confined(confine), ...command], {
    encoding: 'utf8',
    env: { PATH: SYSTEM_PATH, HOME: '/tmp', ...env },
  });
}

module.exports = { CLI, NODE, Pod, USER, VOLUME, cannotContain, exec, firstOf, stop };
