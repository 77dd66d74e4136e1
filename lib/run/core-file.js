'use strict';
// One core file: its process, by its own headers, and its move into the directory where it is kept. It does not trust
// the sizes in a file, and never overwrites another file. The binary reads the heap of V8 in it.

const fs = require('node:fs');
const path = require('node:path');

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = fs.constants;

// Offsets and numbers of ELF, 64-bit, and of the notes of a Linux core: elf(5), <linux/elfcore.h>.
const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const [HEADER_BYTES, PROGRAM_HEADER_BYTES, SECTION_HEADER_BYTES] = [64, 56, 64];
const ET_CORE = 4;
const PT_NOTE = 4;
const [NT_PRSTATUS, NT_PRPSINFO] = [1, 3];
const PN_XNUM = 0xffff;

// A process has some ten thousand mappings at most by default; of notes the first two are read.
const MOST_SEGMENTS = 1 << 20;
const MOST_NOTE_BYTES = 64 << 10;

const MOST_NAMES = 100;
const CHUNK_BYTES = 1 << 20;

/**
 * @typedef {object} Core
 * @property {number} pid
 * @property {number} parent  the number of the process that started it
 * @property {number} signal  the number of the signal that ended the process
 * @property {number} missingBytes  what its headers announce, and is not there
 */

/** @param {number} descriptor @param {number} length @param {number} position */
function readUpTo(descriptor, length, position) {
  if (!Number.isSafeInteger(position)) return Buffer.alloc(0);
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, length, position));
}

/** @param {number} descriptor @param {Buffer} header */
function segmentCount(descriptor, header) {
  const count = header.readUInt16LE(56);
  if (count !== PN_XNUM) return count;
  // There are more than fit there: the first section has the number.
  const section = readUpTo(descriptor, SECTION_HEADER_BYTES, Number(header.readBigUInt64LE(40)));
  return section.length === SECTION_HEADER_BYTES ? section.readUInt32LE(44) : 0;
}

/** The contents of the first note of a kind. @param {Buffer} notes @param {number} kind @param {number} length  at least */
function noteOf(notes, kind, length) {
  for (let at = 0; at + 12 <= notes.length; ) {
    const [nameBytes, contentBytes, found] = [0, 4, 8].map((offset) => notes.readUInt32LE(at + offset));
    const begin = at + 12 + ((nameBytes + 3) & ~3);
    const content = notes.subarray(begin, begin + contentBytes);
    if (found === kind && content.length >= length) return content;
    at = begin + Math.ceil(contentBytes / 4) * 4;
    if (!(at > begin - 12)) return undefined;
  }
  return undefined;
}

/** The headers of a core; null if it is not one. @param {number} descriptor @returns {Core | null} */
function readCore(descriptor) {
  const header = readUpTo(descriptor, HEADER_BYTES, 0);
  if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  if (header.readUInt16LE(16) !== ET_CORE || header.readUInt16LE(54) !== PROGRAM_HEADER_BYTES) return null;
  const count = segmentCount(descriptor, header);
  if (count === 0 || count > MOST_SEGMENTS) return null;
  const table = readUpTo(descriptor, count * PROGRAM_HEADER_BYTES, Number(header.readBigUInt64LE(32)));
  let end = 0;
  let notes = Buffer.alloc(0);
  for (let at = 0; at + PROGRAM_HEADER_BYTES <= table.length; at += PROGRAM_HEADER_BYTES) {
    const [offset, bytes] = [8, 32].map((field) => Number(table.readBigUInt64LE(at + field)));
    end = Math.max(end, offset + bytes);
    if (table.readUInt32LE(at) === PT_NOTE && notes.length === 0)
      notes = readUpTo(descriptor, Math.min(bytes, MOST_NOTE_BYTES), offset);
  }
  const status = noteOf(notes, NT_PRSTATUS, 36);
  const info = noteOf(notes, NT_PRPSINFO, 32);
  if (status === undefined || info === undefined) return null;
  const missingBytes = Math.max(0, end - fs.fstatSync(descriptor).size);
  const [pid, parent] = [24, 28].map((offset) => info.readInt32LE(offset));
  return { pid, parent, signal: status.readInt16LE(12), missingBytes };
}

/** Copies non-zero bytes; the rest stays a hole, as in a core of the kernel. @param {number} from @param {number} to */
async function copySparse(from, to) {
  const { size } = fs.fstatSync(from);
  const zeroes = Buffer.alloc(CHUNK_BYTES);
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const chunk = readUpTo(from, CHUNK_BYTES, at);
    if (!chunk.equals(zeroes.subarray(0, chunk.length))) fs.writeSync(to, chunk, 0, chunk.length, at);
    // The dashboard and the signals of the program do not wait for a gigabyte.
    await new Promise((resolve) => setImmediate(resolve));
  }
  fs.ftruncateSync(to, size);
}

/** @param {number} from @param {string} target */
async function copyTo(from, target) {
  const to = fs.openSync(target, 'wx', 0o600);
  try {
    await copySparse(from, to);
  } catch (error) {
    fs.unlinkSync(target);
    throw error;
  } finally {
    fs.closeSync(to);
  }
}

/** Whether a name is that of an open file. @param {string} file @param {fs.Stats} of */
function isSame(file, of) {
  const found = fs.lstatSync(file, { throwIfNoEntry: false });
  return found !== undefined && found.ino === of.ino && found.dev === of.dev;
}

/** @param {string} file @param {number} descriptor @param {string} target */
async function place(file, descriptor, target) {
  const opened = fs.fstatSync(descriptor);
  try {
    fs.linkSync(file, target);
  } catch (error) {
    if (error.code === 'EEXIST') throw error;
    // Another file system, or one without links.
    return copyTo(descriptor, target);
  }
  if (!isSame(target, opened)) {
    fs.unlinkSync(target);
    throw new Error('it was replaced meanwhile');
  }
  return fs.chmodSync(target, 0o600);
}

/** `core-20261120-095855-17627`: when it was written (UTC), and of which process. @param {Date} time @param {number} pid */
const nameOf = (time, pid) => `core-${time.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${pid}`;

/**
 * Moves a core into a directory, under a name that no file has.
 * @param {string} file @param {number} descriptor  of the same @param {string} directory @param {number} pid
 * @returns {Promise<string>} where it is
 */
async function move(file, descriptor, directory, pid) {
  const opened = fs.fstatSync(descriptor);
  const first = path.join(directory, nameOf(opened.mtime, pid));
  for (let number = 0; number < MOST_NAMES; number++) {
    const target = number === 0 ? first : `${first}.${number}`;
    try {
      await place(file, descriptor, target);
    } catch (error) {
      if (error.code === 'EEXIST') continue;
      throw error;
    }
    try {
      if (isSame(file, opened)) fs.unlinkSync(file);
    } catch {
      // A directory from which this user may take nothing: it stays there, too.
    }
    return target;
  }
  throw new Error(`${first} and ${MOST_NAMES - 1} names like it are taken`);
}

/**
 * Opens what may be the core of a process: a file, no link to one, of an expected user, written since a moment.
 * @param {string} file
 * @param {{ users: Set<number>, since: number, isIt: (core: Core) => boolean }} expected
 * @returns {{ descriptor: number, core: Core } | null} null where it is not
 */
function openCore(file, { users, since, isIt }) {
  const descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  let core = null;
  try {
    const found = fs.fstatSync(descriptor);
    const isOurs = found.isFile() && users.has(found.uid) && found.mtimeMs >= since;
    const read = isOurs ? readCore(descriptor) : null;
    if (read !== null && isIt(read)) core = read;
  } finally {
    if (core === null) fs.closeSync(descriptor);
  }
  return core && { descriptor, core };
}

module.exports = { move, openCore, readCore };
