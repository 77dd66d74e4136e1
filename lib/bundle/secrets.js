'use strict';
// What may leave the machine: environment and arguments with the secrets taken out. What is not
// known to be harmless is a secret.

/** Variables whose values are told: they shape memory, or say what runs, and hold no secret. */
const HARMLESS = [
  /^NODE_(ENV|OPTIONS|VERSION|PATH|EXTRA_CA_CERTS|NO_WARNINGS|ICU_DATA|TEST_CONTEXT|UNIQUE_ID|CHANNEL_FD)$/,
  /^(UV_THREADPOOL_SIZE|UV_USE_IO_URING|MALLOC_[A-Z_]+|LD_PRELOAD|LD_LIBRARY_PATH|GLIBC_TUNABLES|NO_COLOR|CI)$/,
  /^(PATH|SHELL|PWD|LANG|LC_[A-Z]+|TZ|TERM|HOSTNAME|HOME|USER)$/,
  /^npm_(package_(name|version)|config_user_agent|lifecycle_event|node_execpath)$/,
  /^MEMWATCH_[A-Z_]+$/,
];

/** Words that an option is called by when what follows is a secret. */
const SECRET_WORD = /pass|pwd|secret|token|credential|auth|cookie|session|private|signature|salt|dsn|(^|[-_.])(api|access)?[-_]?key(s|$|[-_.])/i;

/** Things that are secrets wherever they stand. */
const SECRET_SHAPES = [
  // The user's part of an address.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1[redacted]@'],
  // What is asked for in an address may be a key.
  [/\?[^\s#"']+/g, '?[redacted]'],
  [/\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g, '[redacted]'],
  [/\b(bearer|basic)\s+\S+/gi, '$1 [redacted]'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, '[redacted]'],
  [/\b(gh[pousr]_|github_pat_|glpat-|npm_|xox[a-z]-|sk[-_](live|test|proj)?[-_]?)[\w-]{16,}/g, '[redacted]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[redacted]'],
  // Long and without words: a key of some kind.
  [/\b(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-zA-Z])[A-Za-z0-9+_=-]{32,}\b/g, '[redacted]'],
];

/** A text without what looks like a secret in it. */
function withoutSecrets(text) {
  return SECRET_SHAPES.reduce((left, [shape, instead]) => left.replace(shape, instead), text);
}

const redacted = (value) => `[redacted, ${value.length} characters]`;

/** @param {Record<string, string>} environment */
function redactEnvironment(environment) {
  const entries = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (name === 'NODE_OPTIONS') return [name, redactArguments(value.split(' ')).join(' ')];
      return [name, HARMLESS.some((known) => known.test(name)) ? withoutSecrets(value) : redacted(value)];
    }),
  );
}

/** Options behind which there is a whole program, with whatever stands in it. */
const PROGRAM = new Set(['-e', '--eval', '-p', '--print', '-pe']);

/** Arguments: the value of an option with a secret's name, and everything that looks like one. */
function redactArguments(words) {
  let isSecretNext = false;
  return words.map((word, index) => {
    if (PROGRAM.has(words[index - 1])) return `[a program of ${word.length} characters]`;
    if (isSecretNext && !word.startsWith('-')) {
      isSecretNext = false;
      return redacted(word);
    }
    const [, name, value] = /^-*([\w.-]+?)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const isSecret = name !== undefined && SECRET_WORD.test(name);
    isSecretNext = isSecret && value === undefined && word.startsWith('-');
    if (isSecret && value !== undefined) return `${word.slice(0, word.indexOf('=') + 1)}${redacted(value)}`;
    return withoutSecrets(word);
  });
}

module.exports = { redactArguments, redactEnvironment, withoutSecrets };
