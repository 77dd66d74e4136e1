'use strict';
// Small files in directories that others can write to: opened without following a link and
// without blocking on a pipe, and checked before a byte is read.

const fs = require('node:fs');

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = fs.constants;

/** Why a file is not read. @param {string} code @param {string} message */
function refusal(code, message) {
  return Object.assign(new Error(message), { code });
}

/**
 * The text of a regular file. Throws what the system says, and where it is something else.
 * @param {string} file
 * @param {{ mostBytes: number, user?: number, follow?: boolean }} terms  `user`: whose it has to be;
 *   `follow`: whether a link is followed to what it stands for
 * @returns {string}
 */
function readRegular(file, { mostBytes, user, follow = false }) {
  const descriptor = fs.openSync(file, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  try {
    const found = fs.fstatSync(descriptor);
    if (!found.isFile()) throw refusal('EINVAL', 'it is not a regular file');
    if (user !== undefined && found.uid !== user) throw refusal('EPERM', 'it belongs to another user');
    if (found.size > mostBytes) throw refusal('EFBIG', 'it is too large');
    return readUpTo(descriptor, mostBytes);
  } finally {
    fs.closeSync(descriptor);
  }
}

const PIECE_BYTES = 64 << 10;

/**
 * All of an open file, whatever size the system gives: a pipe has none, and a file may grow.
 * @param {number} descriptor
 * @param {number} mostBytes
 * @returns {string}
 */
function readUpTo(descriptor, mostBytes) {
  const pieces = [];
  for (let bytes = 0; ; ) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let length;
    try {
      length = fs.readSync(descriptor, piece, 0, piece.length, null);
    } catch (error) {
      // The end of standard input, where it is a pipe of Windows.
      if (error.code === 'EOF') length = 0;
      else throw error;
    }
    if (length === 0) return Buffer.concat(pieces).toString('utf8');
    bytes += length;
    if (bytes > mostBytes) throw refusal('EFBIG', 'it is too large');
    pieces.push(piece.subarray(0, length));
  }
}

module.exports = { readRegular, readUpTo };
