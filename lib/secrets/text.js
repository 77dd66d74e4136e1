'use strict';
// Free text with probable secrets removed: names of files and scripts, reasons, messages,
// titles. Arguments and values of variables are judged more strictly by arguments.js and
// environment.js.

const { isRandom, isSecretName, withoutKnownKeys } = require('./pieces.js');

const REDACTED = '[redacted]';

/** What stands for a value of which the length says enough. */
const redacted = (/** @type {string} */ value) => `[redacted, ${value.length} characters]`;

// Longer text is not a name, and nothing that a person reads.
const MOST_LETTERS = 256 << 10;

// The whole source of a module is in such a name, with whatever ends a word anywhere else.
const DATA_URL = /\bdata:[\w.+-]*(?:\/[\w.+-]+)?(?:;[\w.+-]+(?:=[^;,\s]*)?)*,[\s\S]*/i;

/**
 * The user's part of an address, which may hold any character; up to the last sign that can end it.
 * @param {string} text
 */
function withoutUser(text) {
  return text.replace(
    /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>`]*)/gi,
    (/** @type {string} */ all, /** @type {string} */ scheme, /** @type {string} */ rest) => {
      const at = rest.lastIndexOf('@');
      if (at === -1) return all;
      const [authority] = rest.split(/[/?#]/, 1);
      // `https://host:8080/package@1.2.3/file.js` has no user.
      const isWeb = /^(https?|wss?|file):\/\/$/i.test(scheme);
      const isHost = /^(localhost|[\w-]+(\.[\w-]+)+|\[[\da-f:.]+\])?(:\d+)?$/i.test(authority);
      if (isWeb && isHost) return all;
      return `${scheme}${REDACTED}@${rest.slice(at + 1)}`;
    },
  );
}

// A name, then what gives it a value: the value goes to the end of its quotes or of its part. In
// JSON that stands in a text the quotes have a backslash.
const NAMED =
  /(?<![\w.-])([\w.-]*[\w])(\\?["']?\s*[=:]\s*)(\\?"(?:[^"\\]|\\(?!").)*\\?"|'[^']*'|[^\s;,&"'{}()[\]|]+(?:\s*(?=[;]|$))?)/g;

/** @param {string} text */
function withoutNamed(text) {
  return text.replace(
    NAMED,
    (
      /** @type {string} */ all,
      /** @type {string} */ name,
      /** @type {string} */ sign,
      /** @type {string} */ value,
    ) => {
      // Those of headers have lost theirs before.
      if (/^(proxy-)?authorization$|cookie$/i.test(name)) return all;
      if (!isSecretName(name) || value.startsWith(REDACTED) || /^\/\//.test(value)) return all;
      // `session-store.js:12:34`: a place in a file.
      if (/\.[a-z]\w{0,9}$/i.test(name) && /^\s*:/.test(sign) && /^\d+(:\d+)?$/.test(value)) return all;
      return `${name}${sign}${REDACTED}`;
    },
  );
}

/** Long words without meaning; in a path, what may be the hash of a file is kept. @param {string} text */
function withoutRandom(text) {
  return text.replace(/[^\s"'`<>,;()[\]{}|]+/g, (/** @type {string} */ word) => {
    if (word.length < 16) return word;
    const mayBeHash = /[/\\]|\.[a-z]\w{0,9}$/i.test(word) && !/^\w+:\/\//.test(word);
    return word
      .split(/([/\\?&#:=@])/)
      .map((/** @type {string} */ piece) => (isRandom(piece, { mayBeHash }) ? REDACTED : piece))
      .join('');
  });
}

/**
 * A text without what looks like a secret in it.
 * @param {string} text
 * @returns {string}
 */
function withoutSecrets(text) {
  if (text.length > MOST_LETTERS) return redacted(text);
  let left = text.replace(DATA_URL, (source) => `data:${redacted(source.slice('data:'.length))}`);
  left = left.replace(/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)/g, REDACTED);
  left = withoutUser(left);
  // What is asked for in an address, and what follows a hash sign in one, may be a key.
  left = left.replace(/\?[^\s#"']+/g, '?[redacted]');
  left = left.replace(/((?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\/\/[^\s#"'<>]*#)[^\s"'<>]+/gi, '$1[redacted]');
  left = left.replace(
    /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:[a-z][a-z-]*\s+)?)(?!\s*(?:[a-z][a-z-]*\s+)?\[redacted)[^\s"'][^\n]*/gi,
    '$1[redacted]',
  );
  left = left.replace(/\b((?:set-)?cookie["']?\s*[:=]\s*)(?!\s*\[redacted)[^\s"'][^\n"']*/gi, '$1[redacted]');
  left = left.replace(
    /\b(bearer|basic|digest|negotiate)\s+(?!\[redacted)(?=\S*[\d+/=_.-]|\S{12,})\S+/gi,
    '$1 [redacted]',
  );
  left = left.replace(/\bbearer\s+(?!\[redacted)\S+/gi, (all) => `${all.split(/\s/)[0]} ${REDACTED}`);
  left = withoutKnownKeys(left, REDACTED);
  left = withoutNamed(left);
  return withoutRandom(left);
}

/**
 * A value that is going to be written, with each text in it passed through `withoutSecrets`.
 * Names of fields stay: memwatch has chosen them.
 * @param {unknown} value  plain data
 * @returns {any}
 */
function withoutSecretsIn(value) {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(withoutSecretsIn);
  // A date is not plain data, and holds no text.
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, withoutSecretsIn(of)]));
}

module.exports = { REDACTED, redacted, withoutSecrets, withoutSecretsIn };
