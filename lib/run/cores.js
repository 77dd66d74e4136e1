'use strict';
// `memwatch run --cores`: has the kernel write a core where a process of the program crashes, and keeps it. Nothing is
// changed but the limit on core files of memwatch's own process, which the program inherits: kernel.core_pattern decides
// where a core goes, and is a setting of the machine. The binary reads the core.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { withCode } = require('../errors.js');
const { bytes } = require('../format.js');
const { statOf } = require('../process-start.js');
const { move, openCore } = require('./core-file.js');
const { coreNames, howToFetch, receiverOf } = require('./core-pattern.js');

// A program may change its working directory, which nothing says after its end.
const INSPECT_EVERY_MS = 500;

// A pool whose workers crash immediately, again and again, would fill the disk.
const MOST_CORES = 8;

// Less room is worth a line: a core has all memory that the process has written.
const LITTLE_ROOM_BYTES = 1 << 30;

// A file system's clock may be behind by a tick of the kernel's, and counts whole seconds on some.
const CLOCK_MS = 2000;

/** Signals on which the kernel writes a core, unless the program handles them. */
const LEAVING_CORES = [
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
];

/** @param {string} sentence */
const unavailable = (sentence) => withCode(new Error(sentence), 'ERR_MEMWATCH_CORES_UNAVAILABLE');

const signalName = (/** @type {number} */ number) =>
  Object.entries(os.constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;

/** A file as a shell takes it. @param {string} file */
const shellWord = (file) => (/^[\w./:=@%+,-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`);

/** The limits on core files of this process in bytes, Infinity for none: what holds, and the most that it may be. */
function coreLimits() {
  const [, ...limits] = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const [soft, hard] = limits.map((limit) => (limit === 'unlimited' ? Infinity : Number(limit)));
  return { soft, hard };
}

/** @param {number} pid @param {string} limit */
const setLimit = (pid, limit) => spawnSync('prlimit', ['--pid', `${pid}`, `--core=${limit}:`], { stdio: 'ignore' });

/** Raises the limit of this process, and so of what it starts, to the most that it may be. */
function raiseLimit() {
  const before = coreLimits();
  if (before.hard === 0)
    throw unavailable(
      '--cores: the hard limit on core files is 0 (ulimit -Hc), so the kernel writes none: raise it where memwatch is started',
    );
  if (before.soft < before.hard) setLimit(process.pid, before.hard === Infinity ? 'unlimited' : `${before.hard}`);
  const { soft, hard } = coreLimits();
  if (soft === 0)
    throw unavailable(
      '--cores: the limit on core files is 0, and prlimit (util-linux) cannot be started to raise it: run "ulimit -c unlimited" before memwatch',
    );
  return { soft, hard };
}

/** Makes the directory where it is not, and tries it. @param {string} directory */
function prepare(directory) {
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Rights do not say it all: the file system may be mounted read-only, or be none that takes files.
    fs.rmdirSync(fs.mkdtempSync(path.join(directory, '.memwatch-')));
  } catch (error) {
    const why = `--cores: no file can be written in ${directory}: ${error.message}`;
    throw withCode(new Error(why), 'ERR_MEMWATCH_CORES_UNWRITABLE');
  }
}

/** Bytes that are free; nothing where the system does not say. @param {string} directory */
function roomOf(directory) {
  // Since Node.js 18.15.
  if (fs.statfsSync === undefined) return undefined;
  const { bavail, bsize } = fs.statfsSync(directory);
  return bavail * bsize;
}

const settingOf = (/** @type {string} */ name) =>
  fs.readFileSync(`/proc/sys/kernel/${name}`, 'utf8').replace(/\n$/, '');

/** Whether a process has ended, also where its parent does not know it yet. @param {number} pid */
function isGone(pid) {
  try {
    return ['Z', 'X'].includes(statOf(pid)[0]);
  } catch {
    return true;
  }
}

/** Files whose names match, below a directory. @param {string} directory @param {RegExp[]} names @returns {string[]} */
function filesBelow(directory, [name, ...rest]) {
  let entries;
  try {
    // The kernel takes these as they are.
    const isDots = ['.', '..'].find((dots) => name.source === `^${dots.replaceAll('.', '\\.')}$`);
    entries = isDots === undefined ? fs.readdirSync(directory).filter((entry) => name.test(entry)) : [isDots];
  } catch {
    return [];
  }
  const found = entries.map((entry) => path.join(directory, entry));
  return rest.length === 0 ? found : found.flatMap((one) => filesBelow(one, rest));
}

/** @typedef {import('./core-file.js').Core} Core */
/** @typedef {{ name: string, users: Set<number>, directories: Set<string>, isGone: boolean }} Process */

class Cores {
  #directory;
  #say;
  #pattern = '';
  #usesPid = false;
  #receiver;
  #since = Date.now() - CLOCK_MS;
  /** By number. @type {Map<number, Process>} */
  #processes = new Map();
  /** Processes whose core was found. @type {Set<number>} */
  #found = new Set();
  #timer;
  /** One after the other. */
  #work = Promise.resolve();

  /**
   * Throws where no core would be kept, before the program starts.
   * @param {string} directory  where to keep them
   * @param {(line: string) => void} say
   */
  constructor(directory, say) {
    if (process.platform !== 'linux')
      throw unavailable(
        '--cores: core files of a crash are kept on Linux alone; other systems have reports of their own',
      );
    this.#directory = path.resolve(directory);
    this.#say = say;
    this.#pattern = settingOf('core_pattern');
    this.#usesPid = settingOf('core_uses_pid') !== '0';
    this.#receiver = receiverOf(this.#pattern, this.#usesPid);
    if (this.#receiver.kind === 'nobody')
      throw unavailable('--cores: kernel.core_pattern is empty, so the kernel writes no core: set it to "core"');
    const { soft } = raiseLimit();
    prepare(this.#directory);
    this.#announce(soft);
    this.#timer = setInterval(() => this.inspect(), INSPECT_EVERY_MS);
    this.#timer.unref();
  }

  /** The facts needed before a crash. @param {number} limit */
  #announce(limit) {
    const { kind, program } = this.#receiver;
    if (kind === 'program')
      this.#say(
        `--cores: the kernel hands cores to ${program} of the host (core_pattern), and none comes to ${this.#directory}`,
      );
    if (kind === 'socket')
      this.#say(
        `--cores: the kernel hands cores to a socket (core_pattern ${this.#pattern}), and none comes to ${this.#directory}`,
      );
    if (kind !== 'file') return;
    if (limit !== Infinity) this.#say(`--cores: the hard limit cuts core files off at ${bytes(limit)}`);
    const room = roomOf(this.#directory);
    if (room !== undefined && room < LITTLE_ROOM_BYTES)
      this.#say(
        `--cores: ${this.#directory} has ${bytes(room)} left, and a core is as large as the memory of its process`,
      );
  }

  /**
   * A process of the program. In a container of its own it has another number there.
   * @param {number | undefined} pid @param {string} name  for people
   * @param {(pid: number) => boolean} [isOurs]  whether the one that has the number here is of the program
   */
  add(pid, name, isOurs = () => true) {
    if (pid === undefined || !Number.isSafeInteger(pid) || this.#processes.has(pid)) return;
    if (!isGone(pid) && !isOurs(pid)) return;
    const users = new Set([/** @type {() => number} */ (process.getuid)()]);
    this.#processes.set(pid, { name, users, directories: new Set([process.cwd()]), isGone: false });
    this.inspect();
  }

  /** Notes where each process is and whose, and looks for the cores of those that are gone. */
  inspect() {
    for (const [pid, of] of this.#processes) {
      if (of.isGone) continue;
      if (isGone(pid)) {
        of.isGone = true;
        this.#work = this.#work.then(() => this.#find(pid, of));
        continue;
      }
      try {
        of.users.add(fs.statSync(`/proc/${pid}`).uid);
        of.directories.add(fs.readlinkSync(`/proc/${pid}/cwd`));
      } catch {
        // It ended meanwhile, or it is not for us to know.
      }
    }
  }

  /** @param {number} pid @param {Process} of */
  async #find(pid, { name, users, directories }) {
    const isIt = (/** @type {Core} */ core) => core.pid === pid && !this.#found.has(pid);
    for (const file of this.#candidates(directories, pid)) await this.#take(file, { name, users, isIt });
  }

  /** Of processes that crashed before they could say that they were there: known by the one that started them. */
  async #findChildren() {
    for (const [parent, { name, users, directories }] of this.#processes) {
      const isIt = (/** @type {Core} */ core) => core.parent === parent && !this.#found.has(core.pid);
      for (const file of this.#candidates(directories))
        await this.#take(file, { name: `a child of ${name}`, users, isIt });
    }
  }

  /** Files that may be the core of a process, or of any. @param {Set<string>} directories @param {number} [pid] */
  #candidates(directories, pid) {
    if (this.#receiver.kind !== 'file') return [];
    const { isAbsolute, names } = coreNames(this.#pattern, this.#usesPid, pid);
    return [...(isAbsolute ? ['/'] : directories)].flatMap((directory) => filesBelow(directory, names));
  }

  /**
   * Keeps a file where it is the core that is looked for.
   * @param {string} file @param {{ name: string, users: Set<number>, isIt: (core: Core) => boolean }} of
   */
  async #take(file, { name, users, isIt }) {
    let opened = null;
    try {
      opened = openCore(file, { users, since: this.#since, isIt });
    } catch {
      // It cannot be read, and so it is not ours.
    }
    if (opened !== null) await this.#keep(file, opened, { pid: opened.core.pid, name });
  }

  /**
   * @param {string} file @param {{ descriptor: number, core: Core }} opened
   * @param {{ pid: number, name: string }} of
   */
  async #keep(file, { descriptor, core }, { pid, name }) {
    this.#found.add(pid);
    const what = `core of ${name} (pid ${pid}, ${signalName(core.signal)}`;
    try {
      const size = bytes(fs.fstatSync(descriptor).blocks * 512);
      if (this.#found.size > MOST_CORES) return;
      const kept = await move(file, descriptor, this.#directory, pid);
      const word = shellWord(kept);
      const cut = core.missingBytes > 0 ? `, cut off: ${bytes(core.missingBytes)} are missing` : '';
      this.#say(
        `kept a ${what}, ${size}${cut}): npx memwatch core ${word}, npx memwatch analyze ${word} ` +
          '(on another machine with --exe NODE, a copy of its executable)',
      );
    } catch (error) {
      this.#say(`the ${what}) stays at ${file}: it cannot be moved to ${this.#directory}: ${error.message}`);
    } finally {
      fs.closeSync(descriptor);
    }
    if (this.#found.size === MOST_CORES) this.#stopMore();
  }

  /** Processes that live, and what they start, leave no more. */
  #stopMore() {
    for (const [pid, of] of this.#processes) if (!of.isGone) setLimit(pid, '0');
    this.#say(`--cores: ${MOST_CORES} cores were kept, and the program is not to leave more`);
  }

  /**
   * After the end of the program: the cores left to find, and where an expected core is missing.
   * @param {{ pid: number, name: string, signal: string | null, code: number | null, wasAsked: boolean }} of  the one
   *   that was started; `wasAsked`: whether its end was asked for
   */
  async finish({ pid, name, signal, code, wasAsked }) {
    clearInterval(this.#timer);
    this.inspect();
    await this.#work;
    await this.#findChildren();
    // A shell or a package manager says by its status what ended the program.
    const by = signal ?? ((code ?? 0) > 128 ? signalName(/** @type {number} */ (code) - 128) : null);
    if (by === null || (signal === null ? this.#found.size > 0 : this.#found.has(pid))) return;
    const others = [...this.#processes.keys()].filter((one) => (signal !== null ? one === pid : one !== pid));
    const pids = others.length > 0 ? others : [pid];
    const who = `${name} (pid ${pids.join(', ')})`;
    if (by === 'SIGKILL' && !wasAsked)
      this.#say(`no core of ${who}: SIGKILL leaves none (the kernel's out-of-memory killer sends it)`);
    if (LEAVING_CORES.includes(by)) this.#say(this.#whereElse(who, pids));
  }

  /** @param {string} who @param {number[]} pids */
  #whereElse(who, pids) {
    const { kind, program } = this.#receiver;
    if (kind === 'program')
      return `the core of ${who} went to ${program} of the host: ${howToFetch(program, { pids, directory: this.#directory })}`;
    if (kind === 'socket') return `the core of ${who} went to the socket of core_pattern ${this.#pattern}`;
    const all = pids.flatMap((pid) => [...(this.#processes.get(pid)?.directories ?? [])]);
    const where = this.#pattern.startsWith('/') ? '' : ` in ${[...new Set(all)].join(', ')}`;
    return (
      `no core of ${who} was found${where} (core_pattern ${this.#pattern}): the program may not write there, the disk ` +
      'is full, it was in another directory, or it has lowered its limit or changed its user'
    );
  }
}

module.exports = { Cores };
