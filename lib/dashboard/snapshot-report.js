'use strict';
// The report of one heap snapshot as one HTML file: gets all data from the addon in one call,
// and embeds it.

const { ask } = require('../own.js').commands;
const { LIBRARIES } = require('./assets.js');
const { selfContained } = require('./live-report.js');

const SCRIPTS = [LIBRARIES[1], 'format.js', 'elements.js', 'treemap.js', 'snapshot.js'];

/**
 * @param {string} file  a heap snapshot
 * @param {object} [progress]  as lib/snapshot-command.js has it
 * @returns {Promise<{html: string, page: object}>}  the whole HTML file, and the data that it shows
 */
async function snapshotPage(file, progress) {
  const { output } = await ask({ command: 'page', files: [file], mayMap: true }, progress);
  const page = JSON.parse(output);
  const html = selfContained({
    html: 'snapshot.html',
    styles: ['page.css'],
    scripts: SCRIPTS,
    data: { time: Date.now(), file, page },
    title: 'memwatch report',
  });
  return { html, page };
}

/** The HTML file alone. @returns {Promise<string>} */
const snapshotReport = async (file, progress) => (await snapshotPage(file, progress)).html;

module.exports = { snapshotPage, snapshotReport };
