'use strict';
// Messages over a local socket, one a line as JSON. Used at both ends; knows no message.

// A whole .heapprofile is some megabytes; a longer line is not a message of ours.
const MOST_LINE_BYTES = 64 << 20;

/**
 * Calls back with each message that comes, and ends a connection that sends anything else.
 * @param {import('node:net').Socket} socket
 * @param {(message: any) => void} receive
 */
function readMessages(socket, receive) {
  /** @type {string[]} */
  let parts = [];
  let length = 0;
  socket.setEncoding('utf8');
  // A string, as it was set to decode.
  socket.on('data', (/** @type {any} */ text) => {
    const lines = text.split('\n');
    for (const [i, line] of lines.entries()) {
      parts.push(line);
      length += line.length;
      if (length > MOST_LINE_BYTES) return socket.destroy();
      if (i === lines.length - 1) break;
      const whole = parts.join('');
      parts = [];
      length = 0;
      try {
        receive(JSON.parse(whole));
      } catch {
        return socket.destroy();
      }
    }
    return undefined;
  });
}

/** @param {import('node:net').Socket} socket @param {object} message */
function writeMessage(socket, message) {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}

module.exports = { readMessages, writeMessage };
