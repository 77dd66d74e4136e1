'use strict';
// What all three programs do: answer made-up requests, each of which keeps a page for a short
// while, as a session or a cache does. What they keep beyond it is each program's own business.

// A hundred requests a second.
const PERIOD_MS = 10;

// Long enough that pages outlive the collections of the young, as those of a real server do.
const LIFE_MS = 1200;

// Entries of a page: some 100 KB with their strings.
const ENTRIES = 1000;

class Entry {
  constructor(page, index) {
    this.page = page;
    this.title = `entry ${index} of page ${page}`;
    this.tags = [index % 7, index % 11];
  }
}

/** A page as a server would make it for one visitor. */
function makePage(number) {
  const entries = [];
  for (let index = 0; index < ENTRIES; index++) entries.push(new Entry(number, index));
  return { number, entries };
}

/**
 * Makes pages until the program ends.
 * @param {(page: object) => void} served  called with each page that was served
 */
function traffic(served) {
  const pages = new Map();
  let number = 0;
  setInterval(function serve() {
    const page = makePage(++number);
    pages.set(number, page);
    setTimeout((key) => pages.delete(key), LIFE_MS, number);
    served(page);
  }, PERIOD_MS);
}

module.exports = { traffic };
