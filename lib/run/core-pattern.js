'use strict';
// Where the kernel puts core files, from kernel.core_pattern: core(5). Text in, names out; it reads no file.

const path = require('node:path');

/** The pattern for specifiers of unknown value: a name, a number. A file is identified by its content. */
const NAME = '[^/]+';
const NUMBER = '\\d+';

/** By the letter behind `%`; what has none is left out by the kernel. @type {Record<string, string>} */
const TEMPLATES = {
  c: NUMBER,
  C: NUMBER,
  d: NUMBER,
  e: NAME,
  E: NAME,
  f: NAME,
  F: NUMBER,
  g: NUMBER,
  h: NAME,
  i: NUMBER,
  I: NUMBER,
  P: NUMBER,
  s: NUMBER,
  t: NUMBER,
  u: NUMBER,
};

const literal = (/** @type {string} */ text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * The receiver of a core: none, a socket, a program, or a file.
 * @typedef {{ kind: 'nobody' | 'socket' | 'program' | 'file', program: string }} Receiver
 */

/**
 * @param {string} pattern  what kernel.core_pattern says
 * @param {boolean} usesPid  what kernel.core_uses_pid says
 * @returns {Receiver}
 */
function receiverOf(pattern, usesPid) {
  if (pattern.startsWith('|')) return { kind: 'program', program: pattern.slice(1).trim().split(/\s/, 1)[0] };
  if (pattern.startsWith('@')) return { kind: 'socket', program: '' };
  return { kind: pattern === '' && !usesPid ? 'nobody' : 'file', program: '' };
}

/** A pattern piece by piece: a character of it, or what stands for a template, as a regular expression. */
function* piecesOf(/** @type {string} */ pattern, /** @type {number | string} */ pid) {
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === '/') yield { isSeparator: true, source: '' };
    else if (pattern[at] !== '%') yield { isSeparator: false, source: literal(pattern[at]) };
    else {
      const letter = pattern[++at] ?? '';
      const source = { '%': '%', p: `${pid}` }[letter] ?? TEMPLATES[letter] ?? '';
      yield { isSeparator: false, source };
    }
  }
}

/**
 * The names on the way to the core of a process, directory by directory, as what matches them; from the root where the
 * pattern begins with a slash, else from the process's working directory.
 * @param {string} pattern @param {boolean} usesPid
 * @param {number | string} [pid]  of any process where it is not given
 * @returns {{ isAbsolute: boolean, names: RegExp[] }}
 */
function coreNames(pattern, usesPid, pid = NUMBER) {
  const sources = [''];
  for (const { isSeparator, source } of piecesOf(pattern, pid)) {
    if (isSeparator) sources.push('');
    else sources[sources.length - 1] += source;
  }
  // `%%p` is not a specifier.
  const hasPid = /^(?:[^%]|%[^p])*%p/.test(pattern);
  if (usesPid && !hasPid) sources[sources.length - 1] += `\\.${pid}`;
  const names = sources.filter((source, at) => source !== '' || at === sources.length - 1);
  return { isAbsolute: pattern.startsWith('/'), names: names.map((source) => new RegExp(`^${source}$`)) };
}

/**
 * Where a core is that the kernel hands to a program, and the command that fetches it.
 * @param {string} program @param {{ pids: number[], directory: string }} of
 */
function howToFetch(program, { pids, directory }) {
  const [pid] = pids;
  /** @type {Record<string, string>} */
  const known = {
    'systemd-coredump': `coredumpctl dump ${pid} --output=${path.join(directory, `core.${pid}`)}`,
    apport: `it keeps it as /var/lib/apport/coredump/core.*.${pid}.*`,
    'abrt-hook-ccpp': `abrt list prints where it is`,
    'wsl-capture-crash': 'it keeps it in %TEMP%\\wsl-crashes of Windows',
  };
  return known[path.basename(program)] ?? 'that program knows where it is, if it keeps it';
}

module.exports = { coreNames, howToFetch, receiverOf };
