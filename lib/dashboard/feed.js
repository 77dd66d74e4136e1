'use strict';
// The dashboard's end of the connection: a local socket that only this user can reach, and a slot in
// the hub for each process and thread that connects. It starts no program, and keeps none alive.

const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { withCode } = require('../errors.js');
const { publishFeed, publishPage } = require('./addresses.js');
const { MOST_RECORDS } = require('./hub.js');
const { readMessages, writeMessage } = require('./line.js');

// Connections at a time, far more than a dashboard can show; those beyond the hub's slots are closed immediately.
const MOST_CONNECTIONS = 256;

// Bytes of a socket path that every system accepts; longer ones are truncated silently.
const MOST_PATH_BYTES = 103;

const FULL = `the limit of ${MOST_RECORDS} watched processes and threads is reached`;

const SOCKET = 'feed';

/** A directory that only its owner can enter, as mkdtemp makes them, with room for a socket's path. */
function privateDirectory() {
  for (const root of [os.tmpdir(), '/tmp']) {
    const start = path.join(root, 'memwatch-');
    if (Buffer.byteLength(path.join(`${start}XXXXXX`, SOCKET)) > MOST_PATH_BYTES) continue;
    try {
      return fs.mkdtempSync(start);
    } catch {
      // The other one, perhaps.
    }
  }
  const why = 'no directory for temporary files can hold a socket; set TMPDIR to one that can';
  throw withCode(new Error(why), 'ERR_MEMWATCH_TEMPORARY_DIRECTORY');
}

/** One thread of the program, as the hub sends requests to it. */
class Remote {
  #socket;
  #asked = new Map();
  #next = 1;

  constructor(socket) {
    this.#socket = socket;
  }

  watch(isWatched) {
    writeMessage(this.#socket, { type: 'watch', value: isWatched });
  }

  act(action, how) {
    return new Promise((resolve, reject) => {
      const ask = this.#next++;
      this.#asked.set(ask, { resolve, reject });
      writeMessage(this.#socket, { type: 'act', ask, value: action, how });
    });
  }

  answered({ ask, value, error, code }) {
    const { resolve, reject } = this.#asked.get(ask) ?? {};
    this.#asked.delete(ask);
    if (error === undefined) resolve?.(value);
    else reject?.(withCode(new Error(error), code ?? 'ERR_MEMWATCH_INTERNAL'));
  }

  gone() {
    for (const { reject } of this.#asked.values()) reject(new Error('The program ended before it was done.'));
    this.#asked.clear();
  }
}

/** The requests from a terminal: those that stop nothing, and those made after a warning. */
const ASKABLE = new Set(['native', 'snapshot', 'snapshot-stopped']);

/** Runs an action in one thread of a process, for a client of this user. */
async function answerFor(hub, socket, { pid, thread, action }) {
  const answer = (value) => {
    writeMessage(socket, { type: 'answer', ...value });
    socket.end();
  };
  const known = hub.records().filter(({ isLive, meta }) => isLive && meta.pid === pid);
  const record = known.find(({ meta }) => (thread === undefined ? meta.thread === 0 : isNamed(meta, thread)));
  if (record === undefined || !ASKABLE.has(action)) {
    const threads = known.map(({ meta }) => `${meta.thread} (${meta.name})`).join(', ');
    return answer({
      error: `process ${pid} has no watched thread ${thread ?? 0}; its watched threads: ${threads || 'none'}`,
    });
  }
  try {
    return answer({ value: await hub.act(record.id, action) });
  } catch ({ message, code }) {
    return answer({ error: message, code });
  }
}

/** Whether a thread is meant by its number or by its name. */
const isNamed = (meta, thread) => `${meta.thread}` === thread || meta.name === thread;

/** The registrations of processes: one for each, however many threads of it connect. */
class Notes {
  #address;
  #page;
  #all = new Map();

  /** @param {string} address @param {string} [page]  where all of them are shown */
  constructor(address, page) {
    this.#address = address;
    this.#page = page;
  }

  add(pid) {
    if (!Number.isSafeInteger(pid)) return;
    const note = this.#all.get(pid) ?? { threads: 0, takeAway: this.#note(pid) };
    note.threads += 1;
    this.#all.set(pid, note);
  }

  #note(pid) {
    const notes = [publishFeed(pid, this.#address), this.#page ? publishPage(pid, this.#page) : () => {}];
    return () => notes.forEach((takeAway) => takeAway());
  }

  remove(pid) {
    const note = this.#all.get(pid);
    if (note === undefined || --note.threads > 0) return;
    this.#all.delete(pid);
    note.takeAway();
  }

  clear() {
    for (const { takeAway } of this.#all.values()) takeAway();
    this.#all.clear();
  }
}

/**
 * @param {import('./hub.js').Hub} hub
 * @param {object} how
 * @param {(id: number, message: object) => void} how.told
 * @param {(why: string) => void} how.failed
 * @param {string} [how.page]  where each process is shown, for whoever asks by its number
 * @returns {Promise<{address: string, note: (pid: number) => void, settle: () => Promise<void>, close: () => void}>}
 */
async function openFeed(hub, { told, failed, page }) {
  const isWindows = process.platform === 'win32';
  const directory = isWindows ? null : privateDirectory();
  const address =
    directory === null ? `\\\\.\\pipe\\memwatch-${randomBytes(16).toString('hex')}` : path.join(directory, SOCKET);
  const open = new Set();
  const notes = new Notes(address, page);
  const failures = new Set();
  /** Many processes may fail for the same reason, which is reported once. */
  const fail = (why) => {
    if (!failures.has(why)) failed(why);
    failures.add(why);
  };

  const server = net.createServer((socket) => {
    const remote = new Remote(socket);
    let place = null;
    let pid = null;
    open.add(socket);
    socket.unref();
    readMessages(socket, (message) => {
      if (message.type === 'ask') return answerFor(hub, socket, message);
      if (message.failed !== undefined) return fail(String(message.failed));
      if (message.type === 'answer') return remote.answered(message);
      // Further messages of a refused client are dropped.
      if (place === null && socket.destroyed) return undefined;
      // Its first message identifies it, so that none is shown without a name.
      place ??= hub.join(remote, message);
      if (place === null) {
        fail(FULL);
        return socket.destroy();
      }
      if (pid === null && message.type === 'meta') notes.add((pid = message.value?.pid));
      place.tell(message);
      return told(place.id, message);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      remote.gone();
      if (pid !== null) notes.remove(pid);
      place?.end();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  const removeDirectory = () => directory !== null && fs.rmSync(directory, { recursive: true, force: true });
  try {
    await new Promise((resolve, reject) => server.once('error', reject).listen(address, () => resolve(undefined)));
  } catch (error) {
    removeDirectory();
    throw error;
  }
  server.unref();

  return {
    address,
    /** A process with a thread in the hub that did not come by this feed takes requests here too. */
    note: (pid) => notes.add(pid),
    /** Resolves when all that was sent has been read: the programs have ended. */
    settle: () =>
      new Promise((resolve) => {
        const wait = () => (open.size === 0 ? resolve() : [...open][0].once('close', wait));
        wait();
      }),
    close() {
      server.close();
      for (const socket of open) socket.destroy();
      notes.clear();
      removeDirectory();
    },
  };
}

module.exports = { openFeed };
