'use strict';
// One viewer's stream of events (Server-Sent Events). A viewer that does not read is let go:
// what it has not taken would otherwise pile up in the program.

// Lines come each second; a browser that has not taken this much is not looking on.
const MOST_UNREAD_BYTES = 1 << 20;

/** Told now and then, so that both ends learn of a connection that is dead. */
const COMMENT = ': alive\n\n';

class Stream {
  #response;

  /** @param {import('node:http').ServerResponse} response */
  constructor(response) {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
  }

  #write(text) {
    if (this.#response.destroyed) return;
    if (this.#response.writableLength > MOST_UNREAD_BYTES) this.#response.destroy();
    else this.#response.write(text);
  }

  /** @param {object} message  as JSON, which has no line feeds */
  send(message) {
    this.#write(`data: ${JSON.stringify(message)}\n\n`);
  }

  beat() {
    this.#write(COMMENT);
  }

  end() {
    this.#response.end();
  }
}

module.exports = { Stream };
