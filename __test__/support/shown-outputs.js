'use strict';
// The outputs that README.md and docs/concepts.md show, against what the commands print about the snapshots they were
// printed from: two of examples/shop.js, kept in fixtures/shop, so that ids and sizes are the same on every machine.
// Judges no output. docs/command-line.md shows other programs, whose snapshots are too large to keep.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const zlib = require('node:zlib');

const ROOT = path.join(__dirname, '..', '..');
const MEMWATCH = path.join(ROOT, 'bin', 'memwatch.js');
const SNAPSHOTS = path.join(ROOT, '__test__', 'fixtures', 'shop');

/** The pages with outputs about these snapshots, from the root of the repository. */
const PAGES = ['README.md', 'docs/concepts.md'];

// A block of a page: the command, and what it prints.
const SHOWN = /^```\n\$ npx memwatch (.*)\n([\s\S]*?)^```$/gm;

/** Unpacks the snapshots into a directory, under the names used in the page, next to their program. */
function unpackSnapshots(directory) {
  fs.copyFileSync(path.join(ROOT, 'examples', 'shop.js'), path.join(directory, 'shop.js'));
  for (const packed of fs.readdirSync(SNAPSHOTS)) {
    const bytes = zlib.brotliDecompressSync(fs.readFileSync(path.join(SNAPSHOTS, packed)));
    fs.writeFileSync(path.join(directory, packed.replace(/\.br$/, '')), bytes);
  }
}

/** Words as a shell would split them, single quotes included. */
function split(words) {
  return [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

/** What a command prints in the directory of the snapshots. */
function output(directory, command) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MEMWATCH, ...split(command)], {
    cwd: directory,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`memwatch ${command} ended with ${status}:\n${stderr}`);
  return stdout;
}

/** The commands of a page, each with the output shown. */
function shownOutputs(text) {
  return [...text.matchAll(SHOWN)].map(([, command, shown]) => ({ command, shown }));
}

/** The text of a page with the outputs as they are now. */
function withOutputs(text, directory) {
  return text.replace(SHOWN, (_, command) => `\`\`\`\n$ npx memwatch ${command}\n${output(directory, command)}\`\`\``);
}

module.exports = { PAGES, ROOT, output, shownOutputs, unpackSnapshots, withOutputs };
