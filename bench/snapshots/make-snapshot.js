'use strict';
// Fills the heap with what a server keeps and writes heap snapshots of it. What is in
// there follows from the arguments alone; chooses no sizes and measures nothing.
//
//   node --expose-gc make-snapshot.js mix UNITS FILE [AFTER_FILE]
//   node --expose-gc make-snapshot.js list ELEMENTS FILE
//
// With AFTER_FILE the program goes on after the first snapshot: new orders come, old ones
// go, and some that should have gone stay.
const v8 = require('node:v8');

/** Elements of one chain of the cache. */
const CHAIN = 1000;

/** Of all orders, how many are done before the second snapshot; twice as many are new. */
const AFTER_SHARE = 0.005;

class Money {
  constructor(cents) {
    this.cents = cents;
    // Not a small integer: V8 keeps it in an object of its own.
    this.inEuro = cents / 100 + 0.001;
  }
}

class Item {
  constructor(unit, at) {
    this.article = `A-${unit}-${at}`;
    this.count = 1 + ((unit + at) % 9);
    this.price = new Money(unit * 7 + at);
  }
}

class Order {
  constructor(unit, customer) {
    this.number = unit;
    this.customer = customer;
    this.items = [new Item(unit, 0), new Item(unit, 1)];
    this.placedAt = new Date(1.6e12 + unit * 1000);
    this.note = `${customer.mail}: ${this.items[0].article}`;
  }
}

class Customer {
  constructor(unit) {
    this.name = `customer ${unit}`;
    this.mail = `c${unit}@mail.example`;
    // Cut from a longer text, which it keeps alive.
    this.key = `${this.name}, ${this.mail}, long enough to be cut`.slice(2, 30);
    this.settings = { language: unit % 3, dark: unit % 2 === 0, position: { x: unit / 3, y: unit / 7 } };
  }
}

class Session {
  constructor(customer, forget) {
    this.customer = customer;
    this.values = new Map(
      /** @type {[string, unknown][]} */ ([
        ['cart', [customer.name]],
        ['seen', new Set([customer.mail, customer.key])],
      ]),
    );
    this.close = () => forget(this);
    this.ready = Promise.resolve(customer);
  }
}

class CacheEntry {
  constructor(key, value, older) {
    this.key = key;
    this.value = value;
    this.older = older;
    this.newer = null;
    if (older !== null) older.newer = this;
  }
}

class Server {
  constructor() {
    this.orders = new Map();
    this.sessions = new Set();
    this.newest = null;
    this.chains = [];
    this.details = new WeakMap();
    this.blocks = [];
    this.audit = { forgotten: [] };
  }

  serve(from, to) {
    for (let unit = from; unit < to; unit++) this.request(unit);
  }

  request(unit) {
    const customer = new Customer(unit);
    const order = new Order(unit, customer);
    this.orders.set(`order ${unit}`, order);
    if (unit % 2 === 0) this.sessions.add(new Session(customer, (session) => this.sessions.delete(session)));
    if (unit % 4 === 0) this.remember(unit, order);
    if (unit % 8 === 0) this.details.set(order, { from: `10.0.${unit & 255}.1`, match: /^\/orders\/\d+$/ });
    if (unit % 500 === 0) this.blocks.push(Buffer.alloc(1024, unit & 255), new Float64Array(64));
  }

  remember(unit, order) {
    if (unit % (4 * CHAIN) === 0) {
      this.chains.push(this.newest);
      this.newest = null;
    }
    this.newest = new CacheEntry(`recent ${unit}`, order, this.newest);
  }

  /** Orders that are done; every other one stays, by mistake. */
  finish(from, to) {
    for (let unit = from; unit < to; unit++) {
      const key = `order ${unit}`;
      if (unit % 2 === 0) this.audit.forgotten.push(this.orders.get(key));
      this.orders.delete(key);
    }
  }
}

class Element {
  constructor(value, previous) {
    this.value = value;
    this.previous = previous;
    this.next = null;
    if (previous !== null) previous.next = this;
  }
}

function write(file) {
  globalThis.gc();
  v8.writeHeapSnapshot(file);
}

function mix(units, file, afterFile) {
  const server = (globalThis.server = new Server());
  server.serve(0, units);
  write(file);
  if (afterFile === undefined) return;
  const some = Math.ceil(units * AFTER_SHARE);
  server.finish(0, some);
  server.serve(units, units + 2 * some);
  write(afterFile);
}

function list(elements, file) {
  const first = (globalThis.first = new Element(0, null));
  let last = first;
  for (let value = 1; value < elements; value++) last = new Element(value, last);
  write(file);
}

if (require.main === module) {
  const [kind, count, file, afterFile] = process.argv.slice(2);
  ({ mix, list })[kind](Number(count), file, afterFile);
}

module.exports = { Server };
