'use strict';
// Sockets of this process that the other end has closed, and it has not, as Linux lists them. Bounded: of a table that
// is too long, or missing, nothing is known. It gives no cause.

// Its promises are loaded when they are asked for, and that takes a millisecond.
const fs = require('node:fs');

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const DESCRIPTORS = '/proc/self/fd';

// 150 bytes a connection, of all processes that share the network.
const MOST_BYTES = 4 << 20;

// The state of these in the tables: CLOSE_WAIT. The last number of a line is the socket's.
const HALF_CLOSED = /^\s*\d+: \S+ \S+ 08 \S+ \S+ \S+\s+\d+\s+\d+ (\d+)/gm;
const SOCKET = /^socket:\[(\d+)\]$/;

// Descriptors that are read at once.
const AT_ONCE = 64;

/** The text of a file, up to a bound; null where it is longer. @param {string} name */
async function textOf(name) {
  const file = await fs.promises.open(name);
  try {
    const parts = [];
    for (let size = 0; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(1 << 16), 0, 1 << 16, null);
      if (bytesRead === 0) return Buffer.concat(parts).toString('latin1');
      parts.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
      if (size > MOST_BYTES) return null;
    }
  } finally {
    await file.close();
  }
}

/** The numbers of sockets in such a table. @param {string} text */
const numbersIn = (text) => [...text.matchAll(HALF_CLOSED)].map(([, number]) => number);

/** Those of all processes; null where that is not known. @returns {Promise<Set<string> | null>} */
async function ofAll() {
  const numbers = [];
  for (const name of TABLES) {
    const text = await textOf(name).catch((error) => (error.code === 'ENOENT' ? '' : null));
    if (text === null) return null;
    numbers.push(...numbersIn(text));
  }
  return new Set(numbers);
}

/** Those of this process, by number; null where that is not known. @returns {Promise<Set<string> | null>} */
async function halfClosed() {
  const all = await ofAll();
  if (all === null || all.size === 0) return all;
  const own = new Set();
  const names = await fs.promises.readdir(DESCRIPTORS);
  for (let i = 0; i < names.length; i += AT_ONCE) {
    const links = names
      .slice(i, i + AT_ONCE)
      .map((name) => fs.promises.readlink(`${DESCRIPTORS}/${name}`).catch(() => ''));
    for (const link of await Promise.all(links)) {
      const number = SOCKET.exec(link)?.[1];
      if (number !== undefined && all.has(number)) own.add(number);
    }
  }
  return own;
}

// They count from here on, in seconds: a request may take a while after its client has left.
const LONG_S = 300;

/** Those that have been half closed for long, from readings one after the other. */
class Abandoned {
  /** By number, when each was seen first, in seconds. @type {Map<string, number>} */
  #since = new Map();

  /** How many there are. @param {number} t  seconds @param {Set<string> | null} now */
  count(t, now) {
    if (now === null) return null;
    this.#since = new Map([...now].map((number) => [number, this.#since.get(number) ?? t]));
    return [...this.#since.values()].filter((since) => t - since >= LONG_S).length;
  }
}

module.exports = { Abandoned, halfClosed, numbersIn };
