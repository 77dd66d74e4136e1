'use strict';
// The connections of the dashboard's server: a limited number at a time, and those that have not
// yet sent the token are closed in favour of new ones. guard.js checks the token.

// A browser opens half a dozen connections to one server; so ten pages, and then some.
const MOST_CONNECTIONS = 64;

class Connections {
  /** In the order in which they came. @type {Map<import('node:net').Socket, boolean>} whether each has shown it */
  #all = new Map();

  /**
   * A new one: the oldest without a token is closed for it, or else the new one is.
   * @param {import('node:net').Socket} socket
   */
  add(socket) {
    if (this.#all.size >= MOST_CONNECTIONS) {
      const [oldest] = [...this.#all].find(([, isProven]) => !isProven) ?? [socket];
      this.#all.delete(oldest);
      oldest.destroy();
      if (oldest === socket) return;
    }
    this.#all.set(socket, false);
    socket.on('close', () => this.#all.delete(socket));
  }

  /** It has sent a request with the token. @param {import('node:net').Socket} socket */
  prove(socket) {
    if (this.#all.has(socket)) this.#all.set(socket, true);
  }
}

module.exports = { Connections, MOST_CONNECTIONS };
