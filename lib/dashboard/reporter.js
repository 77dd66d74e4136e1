'use strict';
// The thread's end of the line to a page that is somewhere else: tells what an agent sees, and
// does what is asked. The program must not notice: whatever fails here is left, and nothing
// keeps the program alive.

const net = require('node:net');
const { readMessages, writeMessage } = require('./line.js');

// What the page has not read yet; beyond it measurements are left out, never kept.
const MOST_UNREAD_BYTES = 1 << 20;

function connect(address) {
  const socket = net.connect(address);
  socket.unref();
  // The page has gone: the program goes on without it.
  socket.on('error', () => {});
  return socket;
}

/**
 * Watches this thread for whoever listens there, as long as it does.
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
  // What was seen last: the socket takes it at once.
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

/** Says why this thread is not watched. */
function sayFailed(address, why) {
  const socket = connect(address);
  writeMessage(socket, { failed: why });
  socket.end();
}

module.exports = { reportTo, sayFailed };
