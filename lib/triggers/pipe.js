'use strict';
// The replacement of a signal on Windows, which has none to send: a named pipe with the process id, on which
// `memwatch snapshot PID` requests a snapshot and reads the result. The system lets this user and administrators
// alone write into it. It keeps no program alive, and takes no snapshot itself.

const net = require('node:net');
const { readMessages, writeMessage } = require('../dashboard/line.js');
const { warn } = require('../errors.js');

// Those who ask at a time: all of them get the one snapshot that is being taken.
const MOST_CONNECTIONS = 16;

/** Where a process is asked. @param {number | string} pid */
const pipeOf = (pid) => `\\\\.\\pipe\\memwatch-snapshot-${pid}`;

/** @typedef {{ error?: import('../types.js').CodedError, snapshot?: any }} Outcome */

class PipeTrigger {
  /** @type {net.Server | undefined} */
  #server;
  #take;

  /** @param {() => Promise<Outcome>} take */
  constructor(take) {
    this.#take = take;
  }

  start() {
    if (this.#server !== undefined) return;
    const server = net.createServer((socket) => {
      socket.unref();
      socket.on('error', () => {});
      readMessages(socket, ({ type, action }) => {
        if (type === 'ask' && action === 'snapshot') this.#answer(socket);
        else socket.destroy();
      });
    });
    server.maxConnections = MOST_CONNECTIONS;
    server.on('error', ({ message }) => {
      warn(`No snapshot can be asked for from outside: ${message}`, 'ERR_MEMWATCH_NO_TRIGGER');
    });
    this.#server = server.listen(pipeOf(process.pid)).unref();
  }

  /** @param {net.Socket} socket */
  async #answer(socket) {
    const { error, snapshot } = await this.#take();
    const answer =
      error === undefined ? { value: { file: snapshot.path } } : { error: error.message, code: error.code };
    writeMessage(socket, { type: 'answer', ...answer });
    socket.end();
  }

  stop() {
    this.#server?.close();
    this.#server = undefined;
  }
}

module.exports = { PipeTrigger, pipeOf };
