'use strict';
// A program that leaks: it remembers who read what, and never forgets. In the raw memory nobody
// sees it; the base after each collection rises.
//
//   npx memwatch run examples/page/3-leaky.js

const { traffic } = require('./traffic.js');

const VISITS = 1600;

class Reader {
  constructor(page) {
    this.page = page;
    this.visits = [];
    for (let visit = 0; visit < VISITS; visit++) this.visits.push(page * visit + 0.5);
  }
}

const readers = [];

function rememberReader({ number }) {
  readers.push(new Reader(number));
}

// Once the page is on its way, as servers do what can wait.
traffic((page) => setImmediate(rememberReader, page));
