'use strict';
// The process that analyses a snapshot for the page: a file's name in, its report and the
// sentences on its findings out, as JSON. Ends with its work.

const fs = require('node:fs');
const { snapshotPage } = require('./snapshot-report.js');

async function main([, , file]) {
  const { html, page } = await snapshotPage(file);
  const { analysis, words } = page;
  fs.writeFileSync(1, JSON.stringify({ html, findingCount: analysis.findingCount, sentences: words.sentences }));
}

main(/** @type {[string, string, string]} */ (process.argv)).catch((error) => {
  fs.writeFileSync(2, `${error.message}\n`);
  process.exitCode = 1;
});
