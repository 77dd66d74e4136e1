'use strict';
// The keys of a terminal as words: `up`, `enter`, `q`. Reads them one by one where there is a terminal to read from;
// decides nothing.

/** @type {Record<string, string>} */
const NAMES = {
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  k: 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  j: 'down',
  '\r': 'enter',
  '\n': 'enter',
  '\x1b': 'back',
  '\x7f': 'back',
  '\b': 'back',
  '\x03': 'quit',
  '\x04': 'quit',
  q: 'quit',
};

// Sequences of keys that mean nothing here, such as Home, are one key, too.
const ESCAPE = '\x1b';
const KEY = new RegExp(`${ESCAPE}(?:\\[[\\d;]*[A-Za-z~]|O[A-Za-z])|[^]`, 'g');

/** @param {string} text  as a terminal sends it @returns {string[]} */
const keysOf = (text) => (text.match(KEY) ?? []).map((key) => NAMES[key] ?? key.toLowerCase());

/**
 * Passes on each key until the returned function is called. Does nothing without a terminal.
 * @param {NodeJS.ReadStream} input
 * @param {(key: string) => void} pressed
 * @returns {(() => void) | null}  null where keys cannot be read
 */
function readKeys(input, pressed) {
  if (!input.isTTY || typeof input.setRawMode !== 'function') return null;
  const read = (/** @type {Buffer} */ data) => keysOf(data.toString('latin1')).forEach(pressed);
  input.setRawMode(true);
  input.on('data', read);
  input.resume();
  return () => {
    input.off('data', read);
    input.setRawMode(false);
    input.pause();
  };
}

module.exports = { keysOf, readKeys };
