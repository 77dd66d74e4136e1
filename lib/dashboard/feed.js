'use strict';
// The page's end of the line: a local socket that only this user can reach, and a place in
// the hub for each process and thread that connects. It starts no program, and keeps none alive.

const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { readMessages, writeMessage } = require('./line.js');

// Processes and threads at a time, far more than a page can show.
const MOST_CONNECTIONS = 256;

/** One thread of the program, as the hub asks it things. */
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

  act(action) {
    return new Promise((resolve, reject) => {
      const ask = this.#next++;
      this.#asked.set(ask, { resolve, reject });
      writeMessage(this.#socket, { type: 'act', ask, value: action });
    });
  }

  answered({ ask, value, error }) {
    const { resolve, reject } = this.#asked.get(ask) ?? {};
    this.#asked.delete(ask);
    if (error === undefined) resolve?.(value);
    else reject?.(new Error(error));
  }

  gone() {
    for (const { reject } of this.#asked.values()) reject(new Error('The program ended before it was done.'));
    this.#asked.clear();
  }
}

/**
 * @param {import('./hub.js').Hub} hub
 * @param {{told: (id: number, message: object) => void, failed: (why: string) => void}} listeners
 * @returns {Promise<{address: string, settle: () => Promise<void>, close: () => void}>}
 */
async function openFeed(hub, { told, failed }) {
  const isWindows = process.platform === 'win32';
  // mkdtemp makes a directory that only its owner can enter.
  const directory = isWindows ? null : fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-'));
  const address = isWindows ? `\\\\.\\pipe\\memwatch-${randomBytes(16).toString('hex')}` : path.join(directory, 'feed');
  const open = new Set();

  const server = net.createServer((socket) => {
    const remote = new Remote(socket);
    let place = null;
    open.add(socket);
    socket.unref();
    readMessages(socket, (message) => {
      if (message.failed !== undefined) return failed(String(message.failed));
      if (message.type === 'answer') return remote.answered(message);
      // Its first message says what it is, so that nobody is shown without a name.
      place ??= hub.join(remote, message);
      if (place === null) return socket.destroy();
      place.tell(message);
      return told(place.id, message);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      remote.gone();
      place?.end();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise((resolve, reject) => server.once('error', reject).listen(address, resolve));
  server.unref();

  return {
    address,
    /** Resolves when all that was sent has been read: the programs have ended. */
    settle: () =>
      new Promise((resolve) => {
        const wait = () => (open.size === 0 ? resolve() : [...open][0].once('close', wait));
        wait();
      }),
    close() {
      server.close();
      for (const socket of open) socket.destroy();
      if (directory !== null) fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

module.exports = { openFeed };
