'use strict';
// A retaining path in a page's snapshot as a person reads it: from the window, without V8's inner contexts. And where
// the paths of two leaked objects part, which is the reference to cut.

/** @typedef {{ text: string, id: number, times: number }} Part */

/** The window, the document, and the numbered references from one object of the browser to the next. */
const OF_THE_BROWSER = /^(system \/ NativeContext|Window\b.*|HTMLDocument|\[Window#\w+\].*|(\[x\])+)$/;
const INNER = /^system \/ (NativeContext|Context)/;
const NAMED = /^(context\.|\.?[\w$#]+(\.|$))/;
const COLLECTION = /^(Set|Map|WeakMap)$/;

/** Whether the part is the variables of a closure. @param {Part | undefined} part */
const isContext = (part) => part !== undefined && /^system \/ Context/.test(part.text);

/** @param {string} text */
const readable = (text) =>
  text
    .replace(/Window \[JSGlobalObject\] \/ [^[\s]*/, 'Window')
    .replace(/\[Window#DocumentCachedAccessor\]/, '.document');

/** `context.opened` and `[x]` are one access, `App()` and `context.prices` two. @param {string} before @param {string} text */
const joined = (before, text) => (before === '' || /^[.[]/.test(text) ? before + text : `${before} → ${text}`);

/** @param {Part[]} parts */
const written = (parts) =>
  parts
    .filter(({ text }) => !INNER.test(text))
    .reduce((all, { text, times }) => `${joined(all, readable(text))}${times > 1 ? ` … (× ${times})` : ''}`, '');

/**
 * The first part that is another object on the path of another leaked one.
 * @param {Part[]} parts
 * @param {Part[]} [other]
 */
function partingOf(parts, other) {
  const parting = parts.findIndex(({ id }, at) => id !== other?.[at]?.id);
  if (parting === -1 || other === undefined) return parts.length - 1;
  // What the browser refers to by number says nothing: what comes behind it does.
  const named = parts.findIndex((part, at) => at >= parting && (isContext(part) || !OF_THE_BROWSER.test(part.text)));
  return named === -1 ? parting : named;
}

/**
 * @param {Part[]} parts
 * @param {{ parting?: number, closure?: string | null }} [at]  `closure`: the function whose variables the parting is
 * @returns {{ text: string, cut: string, isOfThePage: boolean }} `isOfThePage`: the page's code has a name on it
 */
function readablePath(parts, { parting = parts.length - 1, closure = null } = {}) {
  const isOfThePage = parts.some(({ text }, at) =>
    at === parts.length - 1 ? NAMED.test(text) && !INNER.test(text) : !OF_THE_BROWSER.test(text),
  );
  if (closure !== null) {
    const [before, after] = [written(parts.slice(0, parting)), written(parts.slice(parting))];
    const name = closure.split(',')[0];
    return { text: [before, name, after].filter(Boolean).join(' → '), cut: `${before} → ${closure}`, isOfThePage };
  }
  let from = parting;
  const hasNoName = () =>
    /^[.[]/.test(parts[from].text) || COLLECTION.test(parts[from - 1].text) || COLLECTION.test(parts[from].text);
  while (from > 0 && hasNoName()) from--;
  return { text: written(parts), cut: written(parts.slice(from, parting + 1)), isOfThePage };
}

module.exports = { isContext, partingOf, readablePath };
