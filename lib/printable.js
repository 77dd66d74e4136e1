'use strict';
// What others say, as a terminal may show it: names of programs, files and classes, arguments,
// messages, and what stands in files that anyone can write. A terminal acts on control
// characters, and shows text in another order than it is in where bidirectional ones stand.
// The addon does the same for the reports that it makes.

// Control characters, those that are invisible or turn text around, lone halves of pairs, what
// no standard has assigned; and the separators of lines and paragraphs.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

// Those with a short name of their own, as the addon writes them.
/** @type {Record<string, string>} */
const NAMES = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escapeLetter = (/** @type {string} */ letter) =>
  NAMES[letter] ?? `\\u{${/** @type {number} */ (letter.codePointAt(0)).toString(16)}}`;

/** One line: what a terminal would act on is written as its number. @param {unknown} text */
const printable = (text) => String(text).replace(UNPRINTABLE, escapeLetter);

/** The same for text that has lines of its own. @param {string} text */
const printableLines = (text) => text.split('\n').map(printable).join('\n');

/** JSON with the same value, in which a terminal finds nothing to act on. @param {string} json */
const printableJson = (json) =>
  json
    .split('\n')
    .map((line) => line.replace(UNPRINTABLE, inJson))
    .join('\n');

/** Each half of a pair has its own escape. @param {string} letter */
function inJson(letter) {
  // Between values it is white space, and inside of strings it is escaped already.
  if (letter === '\t' || letter === '\r') return letter === '\r' ? '' : letter;
  return Array.from(
    { length: letter.length },
    (_, at) => `\\u${letter.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}

module.exports = { printable, printableJson, printableLines };
