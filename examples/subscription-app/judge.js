'use strict';
// Whether a heap diff shows the leak of subscription.js. Computes only; report.js prints.

/** What each refresh leaves behind when it leaks: the e-mail, its parts, and what holds them. */
const SUSPECTS = ['EmailTemplate', 'EmailTemplateNode', 'Closure', 'system / Context', 'String'];

// Functions, contexts and strings that have nothing to do with the leak come and go as well.
// A class grew with the leak if it gained at least this many for each e-mail gained.
const LEAST_PER_TEMPLATE = 0.5;

/**
 * @param {object} found
 * @param {any} found.diff what HeapDiff#end() returned
 * @param {object[]} found.leaks the leak events
 * @param {number} found.subscribers each of which rightly holds one EmailTemplate
 * @returns {{ guilty: string[], missing: string[], leaks: number, templates: number, proven: boolean }}
 *   the suspects that grew and those that did not, the leak events, how many more e-mails there
 *   are than before, and whether the leak is proven
 */
function judge({ diff, leaks, subscribers }) {
  const rows = new Map(diff.change.details.map((row) => [row.what, row]));
  const growth = (what) => (rows.has(what) ? rows.get(what)['+'] - rows.get(what)['-'] : 0);

  const templates = growth('EmailTemplate');
  const enough = templates > subscribers ? templates * LEAST_PER_TEMPLATE : Infinity;
  const guilty = SUSPECTS.filter((what) => growth(what) >= enough);
  const missing = SUSPECTS.filter((what) => growth(what) < enough);
  return {
    guilty,
    missing,
    leaks: leaks.length,
    templates,
    proven: leaks.length > 0 && missing.length === 0,
  };
}

module.exports = { SUSPECTS, judge };
