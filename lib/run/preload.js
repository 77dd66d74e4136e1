'use strict';
// Loaded before the program that `memwatch run` starts, in each of its processes and threads:
// loads memwatch and tells the runner what it sees. The program must not notice: whatever
// fails here is left, and nothing keeps the program alive.

const net = require('node:net');
const { readMessages, writeMessage } = require('./line.js');

// What the runner has not read yet; beyond it measurements are left out, never kept.
const MOST_UNREAD_BYTES = 1 << 20;

const feed = process.env.MEMWATCH_RUN_FEED;

function start() {
  let memwatch;
  const socket = net.connect(feed);
  socket.unref();
  // The runner has gone: the program goes on without it.
  socket.on('error', () => {});
  try {
    memwatch = require('../../index.js');
  } catch (error) {
    writeMessage(socket, { failed: error.message });
    socket.end();
    return;
  }
  const { Agent } = require('../dashboard/agent.js');
  const send = (message) => {
    if (socket.writableLength < MOST_UNREAD_BYTES) writeMessage(socket, message);
  };
  const agent = new Agent({ memwatch, send });
  readMessages(socket, ({ type, value, ask }) => {
    if (type === 'watch') agent.watch(value === true);
    else if (type === 'act') answer(socket, agent, ask, value);
  });
  socket.on('close', () => agent.stop());
  // What was seen last: the socket takes it at once.
  process.on('exit', () => agent.finish());
}

async function answer(socket, agent, ask, action) {
  try {
    writeMessage(socket, { type: 'answer', ask, value: (await agent.act(action)) ?? null });
  } catch (error) {
    writeMessage(socket, { type: 'answer', ask, error: error.message });
  }
}

if (feed) start();
