'use strict';
// One question to a process that is connected to `memwatch run` or to a dashboard, and its answer: over the local
// socket there, which only this user can reach. No signal is used. The kind of question is not known here.

const net = require('node:net');
const { withCode } = require('../errors.js');
const { readMessages, writeMessage } = require('../dashboard/line.js');

const SECOND_MS = 1000;

/** @param {string} code @param {string} message */
function refusal(code, message) {
  return withCode(new Error(message), code);
}

/**
 * @param {string} address  of the socket
 * @param {{ pid: number, thread?: string, action: string }} question
 * @param {{ timeoutMs: number, of: string }} how  `of` names what is asked for, in errors
 * @returns {Promise<any>} rejects with `isGone` if nothing listens there any more
 */
function ask(address, question, { timeoutMs, of }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address);
    const late = () => {
      const why = `process ${question.pid} has not reported ${of} within ${timeoutMs / SECOND_MS} s: its event loop may be blocked`;
      socket.destroy(refusal('ERR_MEMWATCH_NO_ANSWER', why));
    };
    const timer = setTimeout(late, timeoutMs);
    socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code?.startsWith('ERR_MEMWATCH')) return reject(error);
      const gone = refusal('ERR_MEMWATCH_NO_ANSWER', `process ${question.pid} cannot be reached: ${error.message}`);
      return reject(Object.assign(gone, { isGone: true }));
    });
    socket.on('close', () => {
      clearTimeout(timer);
      reject(refusal('ERR_MEMWATCH_NO_ANSWER', `process ${question.pid} ended before it had reported ${of}`));
    });
    readMessages(socket, ({ value, error, code }) => {
      if (error === undefined) resolve(value);
      else reject(refusal(code ?? 'ERR_MEMWATCH_NO_ANSWER', error));
      socket.destroy();
    });
    writeMessage(socket, { type: 'ask', ...question });
  });
}

module.exports = { ask };
