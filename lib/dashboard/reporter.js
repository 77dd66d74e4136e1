'use strict';
// The thread's end of the connection to a dashboard elsewhere: sends the messages of an agent, and
// runs requested actions. The program must not be affected: failures here are ignored, and nothing
// keeps the program alive.

const net = require('node:net');
const { readMessages, writeMessage } = require('./line.js');

// The bytes that the dashboard has not read yet; beyond them samples are dropped, never kept.
const MOST_UNREAD_BYTES = 1 << 20;

function connect(address) {
  const socket = net.connect(address);
  socket.unref();
  // The dashboard is gone: the program continues without it.
  socket.on('error', () => {});
  return socket;
}

/**
 * Reports on this thread to the listener at an address, as long as it listens.
 * @param {string} address
 * @param {object} memwatch
 * @param {import('../parts.js').Parts} parts
 */
function reportTo(address, memwatch, parts) {
  // Loaded here: where memwatch fails to load, this file is used all the same.
  const { Agent } = require('./agent.js');
  const socket = connect(address);
  const send = (message) => {
    if (socket.writableLength < MOST_UNREAD_BYTES) writeMessage(socket, message);
  };
  const failed = (error) => {
    sayFailed(address, error.message);
    socket.end();
  };
  const agent = new Agent({ memwatch, parts, send, failed });
  readMessages(socket, ({ type, value, ask, how }) => {
    if (type === 'watch') agent.watch(value === true);
    else if (type === 'act') answer(socket, agent, ask, value, how);
  });
  // The last samples: the socket accepts them immediately.
  const finish = () => agent.finish();
  process.once('exit', finish);
  socket.on('close', () => {
    process.off('exit', finish);
    agent.stop();
  });
}

async function answer(socket, agent, ask, action, how) {
  try {
    writeMessage(socket, { type: 'answer', ask, value: (await agent.act(action, how)) ?? null });
  } catch (error) {
    writeMessage(socket, { type: 'answer', ask, error: error.message, code: error.code });
  }
}

/** Reports why this thread is not watched. */
function sayFailed(address, why) {
  const socket = connect(address);
  writeMessage(socket, { failed: why });
  socket.end();
}

module.exports = { reportTo, sayFailed };
