'use strict';
// A shop that forgets nothing, for the command line to look at: it serves customers, takes a heap snapshot, serves as
// many again, and takes another. It only makes the snapshots; what is in them, docs/concepts.md shows.
//
//   node examples/shop.js [DIRECTORY]
//
// Writes DIRECTORY/before.heapsnapshot and after.heapsnapshot.

const { EventEmitter } = require('node:events');
const path = require('node:path');
const v8 = require('node:v8');

const CUSTOMERS = 1000;
const COOKIE_LENGTH = 1200;

class Session {
  constructor(number, cookie) {
    this.customer = `customer ${number}`;
    this.token = cookie.slice(0, 40); // A slice: it keeps the whole cookie.
    this.basket = [{ article: number % 7, count: 1 }];
  }
}

class Shop {
  sessions = new Map(); // Nobody deletes from it.
  prices = new EventEmitter().setMaxListeners(0); // Nobody takes a listener off.

  serve(number) {
    const session = new Session(number, `${number}; `.padEnd(COOKIE_LENGTH, 'session cookie '));
    this.sessions.set(session.token, session);
    this.prices.on('change', () => session.basket.length);
  }
}

globalThis.shop = new Shop();
const [directory = '.'] = process.argv.slice(2);
let served = 0;
for (const name of ['before', 'after']) {
  for (const end = served + CUSTOMERS; served < end; served++) globalThis.shop.serve(served);
  console.log(v8.writeHeapSnapshot(path.join(directory, `${name}.heapsnapshot`)));
}
