'use strict';
// An answer as an assistant gets it: short, without the contents of strings unless they were allowed, and with the next
// tools to call in place of the next commands. Changes reports, and makes none.

const { withoutSecrets } = require('../secrets/index.js');

/** The lists of reports that a model reads whole; of others the first are enough. */
const MOST_ROWS = 20;

/** Text in quotes, also one that was cut off: keys of Maps, properties that are no names. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/g;

const hidden = (/** @type {string} */ text) =>
  text.replace(QUOTED, (all) => `(string of ${Math.max(0, all.length - 2)} characters)`);

/** Whether a text is what a string holds: previews do, and the text of a string, which says whether it is cut. */
const isContent = (/** @type {string} */ key, /** @type {any} */ owner) =>
  key === 'preview' || (key === 'text' && 'isCut' in owner) || (key === 'name' && hasContentAsName(owner));

/** V8 calls strings, regular expressions and the like by what they hold. @param {any} owner */
const hasContentAsName = ({ nodeType }) => nodeType !== undefined && !NAMED_TYPES.has(nodeType);
const NAMED_TYPES = new Set(['object', 'closure', 'native', 'hidden', 'array', 'object shape', 'synthetic']);

/** A value with each element or property changed. @param {any} value @param {(one: any) => any} change @returns {any} */
function mapped(value, change) {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one)]));
}

/**
 * The same value without what strings hold.
 * @param {any} value
 * @returns {any}
 */
function withoutContents(value) {
  if (typeof value === 'string') return withoutSecrets(hidden(value));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mapped(value, withoutContents);
  const entries = Object.entries(value).filter(([key]) => !isContent(key, value));
  return mapped(Object.fromEntries(entries), withoutContents);
}

/** Lists with their first rows, and how many there are. @param {any} value @returns {any} */
function shortened(value) {
  if (!Array.isArray(value) || value.length <= MOST_ROWS) return mapped(value, shortened);
  return [...value.slice(0, MOST_ROWS).map(shortened), `… ${value.length - MOST_ROWS} more`];
}

/** `{ command: 'inspect', target: '@12' }` as the tool with its arguments. @param {any} step @param {string} file */
function stepOf({ command, target, shows }, file) {
  const named =
    command === 'inspect' || command === 'refs' ? { id: target } : command === 'paths' ? { target } : { class: target };
  return { tool: command, arguments: { file, ...named }, shows };
}

/** Next commands as tools, wherever they stand in a report. @param {any} value @param {string} file @returns {any} */
function withTools(value, file) {
  if (typeof value?.command === 'string' && typeof value.target === 'string') return stepOf(value, file);
  return mapped(value, (one) => withTools(one, file));
}

/**
 * @param {any} report
 * @param {{ file?: string, showStrings: boolean }} how
 */
function answerOf(report, { file, showStrings }) {
  const short = shortened(showStrings ? report : withoutContents(report));
  return file === undefined ? short : withTools(short, file);
}

module.exports = { answerOf };
