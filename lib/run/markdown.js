'use strict';
// The result of a run as a job summary in Markdown, and as line annotations for GitHub Actions. Text from a ledger:
// it writes nothing.

const { bytes } = require('../format.js');
const { withLabel } = require('../label-words.js');
const { threadInWords } = require('../leak-words.js');
const { placeOf } = require('../places.js');
const { printable } = require('../printable.js');
const { fromHere, lineOf } = require('./baseline.js');
const { grewOf } = require('./summary.js');

// Who is not among the first is only near the leak.
const MOST_SITES = 3;
// A summary may have a mebibyte; a cluster can have thousands of workers.
const MOST_LEAKS = 20;
// GitHub shows ten of a step.
const MOST_ANNOTATIONS = 10;

/** Names come from the program: none of them is Markdown or HTML. @param {unknown} text */
const plain = (text) => printable(text).replace(/[\\`*_{}[\]<>|#&~]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** @param {number} share */
const percent = (share) => (Number.isFinite(share) ? ` (${Math.round(share * 100)} %)` : '');

/** The place of a function, with the path from here. @param {any} site */
const placeFromHere = (site) => placeOf(site, fromHere);

/** @param {string} text */
const asSentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** @param {import('./ledger.js').Leak} entry @param {boolean} isKnown */
function leakOf(entry, isKnown) {
  const sites = entry.suspects.slice(0, MOST_SITES);
  return [
    `### ${isKnown ? 'Known leak' : 'Leak'} in ${plain(threadInWords(entry.meta))}`,
    '',
    `${plain(asSentence(grewOf(entry.leak)))}, and the memory was not reclaimed.`,
    '',
    ...(sites.length > 0 ? ['Allocated by:', ''] : ['The allocating function is unknown.']),
    ...sites.map(
      (site, at) => `${at + 1}. ${plain(placeFromHere(site))}${percent(site.share)}${plain(withLabel(site))}`,
    ),
    '',
    `In a baseline: <code>${plain(lineOf(entry))}</code>`,
    '',
  ];
}

/**
 * @param {object} what
 * @param {string} what.name  of the program
 * @param {import('./ledger.js').Ledger} what.ledger
 * @param {(entry: import('./ledger.js').Leak) => boolean} what.isKnown  whether a leak is in the baseline
 * @param {string} what.why  why the exit status is what it is
 * @returns {string}
 */
function markdownOf({ name, ledger, isKnown, why }) {
  const entries = ledger.entries();
  const leaks = ledger.leaks();
  const fresh = leaks.filter((leak) => !isKnown(leak));
  const seen = entries.filter(({ first }) => first !== null);
  const result =
    fresh.length > 0
      ? 'a leak was confirmed'
      : leaks.length > 0
        ? 'known leaks only'
        : seen.length > 0
          ? 'no confirmed leak'
          : 'nothing was measured';
  return [
    `## memwatch: ${result} in ${plain(name)}`,
    '',
    ...[...fresh, ...leaks.filter(isKnown)].slice(0, MOST_LEAKS).flatMap((leak) => leakOf(leak, isKnown(leak))),
    ...(leaks.length > MOST_LEAKS ? [`And ${leaks.length - MOST_LEAKS} more.`, ''] : []),
    ...(seen.length > 0 ? ['| process or thread | live heap | resident peak |', '| --- | --- | --- |'] : []),
    ...seen
      .slice(0, MOST_LEAKS)
      .map(
        ({ meta, first, last, peak, peakRss }) =>
          `| ${plain(threadInWords(meta))} | ${bytes(first ?? 0)} to ${bytes(last ?? 0)}, peak ${bytes(peak)} | ${peakRss > 0 ? bytes(peakRss) : ''} |`,
      ),
    '',
    `${plain(asSentence(why))}.`,
    '',
    '',
  ].join('\n');
}

/** As a workflow command has it. @param {string} text */
const escaped = (text) => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
/** @param {string} text */
const escapedProperty = (text) => escaped(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

/**
 * Commands of GitHub Actions that show each leak at the line of its function, one for each function.
 * @param {import('./ledger.js').Leak[]} leaks
 * @param {boolean} isError  whether it fails the run
 */
function annotationsOf(leaks, isError) {
  const lines = leaks.map((entry) => {
    const [site] = entry.suspects;
    const at = site?.file
      ? ` file=${escapedProperty(fromHere(site.file))}${Number.isFinite(site.line) ? `,line=${site.line}` : ''},title=Memory leak`
      : ' title=Memory leak';
    const who = site ? `, allocated by ${placeOf(site)}${withLabel(site)}` : '';
    return `::${isError ? 'error' : 'warning'}${at}::${escaped(printable(`${asSentence(grewOf(entry.leak))} and was not reclaimed${who}`))}`;
  });
  return [...new Set(lines)].slice(0, MOST_ANNOTATIONS);
}

module.exports = { annotationsOf, markdownOf };
