'use strict';
// The dashboard as one file that shows the data until now: styles, scripts and data are in
// it, nothing is fetched, and only its own scripts may run.

const { createHash } = require('node:crypto');
const { assetText, LIBRARIES, SCRIPTS, STYLES } = require('./assets.js');

// Rows of history for each program: more than a screen has pixels, and little to send.
const MOST_ROWS = 4000;

/** JSON that can stand in a script element: nothing in it ends the element or opens a comment. */
function embedded(value) {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

/** Numbers with as many digits as a chart can show. */
const rounded = (column) => column.map((value) => (Number.isInteger(value) ? value : Number(value.toPrecision(9))));

/** Every n-th row, including the last one. */
function thinned({ names, columns }) {
  const length = columns[0].length;
  const step = Math.ceil(length / MOST_ROWS);
  const kept = (_, i) => (length - 1 - i) % step === 0;
  return { names, columns: columns.map((column) => rounded(column.filter(kept))) };
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A self-contained page. Scripts are allowed by their hash, not by their origin. */
function selfContained({ html, styles, scripts, data, title }) {
  const style = styles.map(assetText).join('\n');
  const texts = scripts.map(assetText);
  const policy =
    `default-src 'none'; script-src ${texts.map(hashOf).join(' ')}; style-src ${hashOf(style)}; ` +
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
  const head = `<meta http-equiv="content-security-policy" content="${policy}">\n<style>${style}</style>`;
  const tail = [
    `<script type="application/json" id="report">${embedded(data)}</script>`,
    ...texts.map((text) => `<script>${text}</script>`),
  ].join('\n');
  return assetText(html)
    .replace(/<(link|script) [^>]*>(<\/script>)?\n/g, '')
    .replace('<title>memwatch</title>', () => `<title>${title}</title>\n${head}`)
    .replace('</body>', () => `${tail}\n</body>`);
}

/**
 * @param {import('./hub.js').Hub} hub
 * @param {string} [ending]  how the program ended, in a sentence
 * @returns {string} the whole file
 */
function liveReport(hub, ending = '', time = Date.now()) {
  const records = hub.records().map((record) => {
    const { raw, gc, native, ...rest } = record.history();
    return {
      summary: record.summary(),
      history: { raw: thinned(raw), gc: thinned(gc), native: thinned(native), ...rest },
    };
  });
  return selfContained({
    html: 'index.html',
    styles: STYLES,
    scripts: [...LIBRARIES, ...SCRIPTS],
    data: { time, ending, records },
    title: 'memwatch report',
  });
}

module.exports = { liveReport, selfContained };
