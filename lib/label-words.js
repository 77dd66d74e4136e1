'use strict';
// The labels under which the memory of a site grew, in words. Text only: the callers take care of what a terminal or
// a page needs. The dashboard has its own, in the browser (lib/dashboard/assets/words.js), by the same rule.

// A label with less says nothing of where to look.
const LEAST_SHARE = 0.1;

// Three labels and what is not known.
const MOST_LABELS = 4;
const MOST_TEXT = 300;

/**
 * `92 % while serving POST /users/subscribe`; '' where nothing is known, or too little of it.
 * @param {{ labels?: { name?: string | null, kind?: string | null, share?: number | null }[] } | null} [site]
 */
function labelInWords(site) {
  const [first] = site?.labels ?? [];
  if (!first?.name || !(Number(first.share) >= LEAST_SHARE)) return '';
  const doing = first.kind === 'route' ? 'serving' : 'in';
  return `${Math.round(Number(first.share) * 100)} % while ${doing} ${first.name}`;
}

/** The same behind the words for a site. @param {Parameters<typeof labelInWords>[0]} [site] */
function withLabel(site) {
  const words = labelInWords(site);
  return words === '' ? '' : `, ${words}`;
}

/**
 * Labels as they come from another process, which is not trusted: few, each of bounded size.
 * @param {unknown} value
 * @returns {{ name: string | null, kind: string | null, share: number | null }[]}
 */
function readLabels(value) {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_LABELS).map((label) => ({
    name: typeof label?.name === 'string' ? label.name.slice(0, MOST_TEXT) : null,
    kind: label?.kind === 'route' || label?.kind === 'task' ? label.kind : null,
    share: Number.isFinite(label?.share) ? label.share : null,
  }));
}

module.exports = { labelInWords, readLabels, withLabel };
