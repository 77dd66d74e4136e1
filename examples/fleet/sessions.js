'use strict';
// The sessions of a service: the last hundred, or all that ever were.

const MOST = 100;

// Bytes of one session, about: enough that a demonstration does not take an hour.
const FIELDS = 1500;

class Session {
  constructor(id) {
    this.id = id;
    this.history = Array.from({ length: FIELDS }, (_, index) => index + id + 0.5);
  }
}

const sessions = new Map();
let next = 0;

function rememberUpTo(count, leaks) {
  for (; next < count; next++) {
    sessions.set(next, new Session(next));
    // Emptied all at once, as caches with a time to live are: the base goes up and down.
    if (!leaks && sessions.size >= MOST) sessions.clear();
  }
}

module.exports = { rememberUpTo };
