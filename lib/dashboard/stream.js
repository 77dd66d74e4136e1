'use strict';
// One viewer's stream of events (Server-Sent Events). A viewer that does not read is disconnected:
// unread data would otherwise accumulate in the program.

// Lines come each second; a browser that falls behind by this much does not read.
const MOST_UNREAD_BYTES = 1 << 20;

/** Sent at intervals, so that both ends detect a dead connection. */
const COMMENT = ': alive\n\n';

class Stream {
  #response;
  /** The least that was unread since the first message, which may be long and is read in its own time. @type {number | null} */
  #least = null;

  /** @param {import('node:http').ServerResponse} response */
  constructor(response) {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
  }

  /** @param {string} text */
  #write(text) {
    const { destroyed, writableLength } = this.#response;
    if (destroyed) return;
    if (this.#least !== null) this.#least = Math.min(this.#least, writableLength);
    if (writableLength - (this.#least ?? 0) > MOST_UNREAD_BYTES) this.#response.destroy();
    else this.#response.write(text);
    this.#least ??= this.#response.writableLength;
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
