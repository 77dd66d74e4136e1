'use strict';
// The connections of the page's server: no more than so many at a time, and those that have not
// shown that they know the page's address give way to those that come. Who knows it is guard.js's
// business.

// A browser opens half a dozen connections to one server; so ten pages, and then some.
const MOST_CONNECTIONS = 64;

class Connections {
  /** In the order in which they came. @type {Map<import('node:net').Socket, boolean>} whether each has shown it */
  #all = new Map();

  /** A new one: the oldest of those that have shown nothing ends for it, or it ends itself. */
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

  /** It has asked for something under the page's address. */
  prove(socket) {
    if (this.#all.has(socket)) this.#all.set(socket, true);
  }
}

module.exports = { Connections, MOST_CONNECTIONS };
