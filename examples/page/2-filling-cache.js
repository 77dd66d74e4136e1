'use strict';
// A program that fills a cache with a bound, and then replaces what is in it. Its base rises
// at first, as that of a leak does, and stays once the cache is full: only the base after each
// collection tells the two apart.
//
//   npx memwatch run examples/page/2-filling-cache.js

const { traffic } = require('./traffic.js');

// Full after fifteen seconds.
const MOST_PAGES = 150;
const EVERY = 10;

const cache = new Map();

traffic((page) => {
  if (page.number % EVERY !== 0) return;
  cache.set(page.number, page);
  // A Map knows the order in which its keys came.
  if (cache.size > MOST_PAGES) cache.delete(cache.keys().next().value);
});
