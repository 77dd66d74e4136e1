'use strict';
// What somebody probably meant by a word that is unknown: the nearest known one. Knows no command.

// More typing errors than this, and it is another word.
const MOST_ERRORS = 2;

/** Letters that were left out, added, replaced or swapped between two words. @param {string} a @param {string} b */
function distance(a, b) {
  /** @type {number[][]} */
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/**
 * The known word that is nearest to an unknown one, the first of several; undefined where none is near.
 * @param {string} word
 * @param {Iterable<string>} known
 * @returns {string | undefined}
 */
function nearest(word, known) {
  let best;
  // Of a short word everything is near.
  let least = Math.min(MOST_ERRORS, Math.ceil(word.length / 2) - 1) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const errors = distance(word, candidate);
    if (errors < least) [best, least] = [candidate, errors];
  }
  return best;
}

/** `; did you mean '--report'?`, or nothing. @param {string} word @param {Iterable<string>} known */
function didYouMean(word, known) {
  return question(nearest(word, known));
}

/**
 * The same for names of options, whose groups and case are often forgotten: by `snapshotDirectory` somebody means
 * `snapshots.directory`.
 * @param {string} name
 * @param {Iterable<string>} known  with their groups, as `snapshots.directory`
 */
function didYouMeanOption(name, known) {
  const plain = (/** @type {string} */ text) => text.replaceAll('.', '').toLowerCase();
  const names = new Map(Array.from(known, (one) => [plain(one), one]));
  const near = names.get(nearest(plain(name), names.keys()) ?? '');
  return question(near ?? inAGroup(plain(name), known));
}

/**
 * The one option of that name in any group; undefined where there are several, or none.
 * @param {string} name
 * @param {Iterable<string>} known
 */
function inAGroup(name, known) {
  const those = Array.from(known).filter((one) => one.toLowerCase().endsWith(`.${name}`));
  return those.length === 1 ? those[0] : undefined;
}

/** @param {string | undefined} meant */
const question = (meant) => (meant === undefined ? '' : `; did you mean '${meant}'?`);

module.exports = { didYouMean, didYouMeanOption, nearest };
