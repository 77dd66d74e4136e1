'use strict';
// A program that leaks: of every tenth page it remembers who read it, with the page, and never
// forgets. In the raw memory nobody sees it; the base after each collection rises.
//
//   npx memwatch run examples/page/3-leaky.js

const { traffic } = require('./traffic.js');

const EVERY = 10;

const readers = [];

function rememberReader(page) {
  readers.push({ page, remembered: new Date(), visits: new Array(2000).fill(page.number) });
}

traffic((page) => {
  if (page.number % EVERY === 0) rememberReader(page);
});
