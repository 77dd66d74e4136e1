'use strict';
// A server that loads 300 MB of data when it starts, in pieces, and serves them from then on.
const { keepAlive, listen, request } = require('./support/loopback.js');

const DATA_BYTES = 300 * 2 ** 20;

/** What a record takes on the heap, about, in bytes: an object, a name, two lists, a note. */
const RECORD_BYTES = 700;

const RECORDS = Math.floor(DATA_BYTES / RECORD_BYTES);

/** Read between two turns of the event loop. */
const PIECE = 2000;

async function setUp() {
  const records = new Map();
  const url = await listen((incoming, response) => {
    const record = records.get(Number(incoming.url.slice(1)));
    response.end(JSON.stringify(record ?? null));
  });
  const agent = keepAlive();
  return {
    /** One operation loads a piece as long as there are any, and is a request then. */
    operate(i) {
      if (records.size === RECORDS) return request(`${url}/${(i * 7919) % RECORDS}`, { agent });
      const until = Math.min(records.size + PIECE, RECORDS);
      for (let id = records.size; id < until; id++) {
        const text = JSON.stringify({ id, name: `record ${id}`, places: [id, id + 1], words: [`a${id}`, `b${id}`] });
        records.set(id, { ...JSON.parse(text), note: `${text} `.repeat(4) + id });
      }
      return undefined;
    },
  };
}

module.exports = { setUp };
