'use strict';
// The report of one heap snapshot as one HTML file: asks the addon once for all of it, and
// puts the answer into the page.

const { ask } = require('../snapshot-command.js');
const { LIBRARIES } = require('./assets.js');
const { selfContained } = require('./live-report.js');

const SCRIPTS = [LIBRARIES[1], 'format.js', 'elements.js', 'treemap.js', 'snapshot.js'];

/**
 * @param {string} file  a heap snapshot
 * @param {object} [progress]  as lib/snapshot-command.js has it
 * @returns {Promise<string>} the whole HTML file
 */
async function snapshotReport(file, progress) {
  const { output } = await ask({ command: 'page', files: [file], format: 'json', width: 0, mayMap: true }, progress);
  return selfContained({
    html: 'snapshot.html',
    styles: ['page.css'],
    scripts: SCRIPTS,
    data: { time: Date.now(), file, page: JSON.parse(output) },
    title: 'memwatch report',
  });
}

module.exports = { snapshotReport };
