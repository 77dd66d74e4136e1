'use strict';
// The dashboard's files: a fixed list, read only by these names. No request can name a file.

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, 'assets');

/** What is drawn with; in the order in which they are loaded. */
const LIBRARIES = ['vendor/uplot.js', 'vendor/d3-hierarchy.js'];
const SCRIPTS = [
  'format.js',
  'words.js',
  'elements.js',
  'store.js',
  'charts.js',
  'flame.js',
  'tables.js',
  'processes.js',
  'actions.js',
  'connection.js',
  'page.js',
];
const STYLES = ['vendor/uplot.css', 'page.css'];

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

const NAMES = ['index.html', 'icon.svg', ...LIBRARIES, ...SCRIPTS, ...STYLES];

/** @type {Map<string, {type: string, body: Buffer}> | null} */
let loaded = null;

/** All files, by the end of their URL path. Read once, at the first request. */
function assets() {
  loaded ??= new Map(
    NAMES.map((name) => [
      name,
      { type: `${TYPES[path.extname(name)]}; charset=utf-8`, body: fs.readFileSync(path.join(ROOT, name)) },
    ]),
  );
  return loaded;
}

/** One file as text. @param {string} name  one of the fixed ones */
function assetText(name) {
  return fs.readFileSync(path.join(ROOT, name), 'utf8');
}

module.exports = { assets, assetText, LIBRARIES, SCRIPTS, STYLES };
