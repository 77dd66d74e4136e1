'use strict';
// What the tests of the documents read in Markdown: headings as GitHub anchors them, and links to other files. No parser:
// it knows what the pages of this repository use.

const fs = require('node:fs');
const path = require('node:path');

const FENCED = /^(```+)[^\n]*\n[\s\S]*?^\1$/gm;
const CODE = /`[^`\n]*`/g;
const HEADING = /^#{1,6} (.+)$/gm;
const ID = /<a id="([^"]+)">/g;
const LINKS = [/\]\(([^()\s]+)\)/g, / (?:src|srcset|href)="([^"]+)"/g];

/** The text without blocks of code, in which nothing is a heading or a link. */
const prose = (text) => text.replace(FENCED, '');

/** The anchor that GitHub gives a heading. */
function anchorOf(heading) {
  const plain = heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase();
  return plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
}

/** The anchors of a page; those of headings with one text are numbered. */
function anchors(text) {
  const found = new Set();
  for (const [, heading] of prose(text).matchAll(HEADING)) {
    const anchor = anchorOf(heading);
    let unique = anchor;
    for (let n = 1; found.has(unique); n++) unique = `${anchor}-${n}`;
    found.add(unique);
  }
  for (const [, id] of prose(text).matchAll(ID)) found.add(id);
  return found;
}

/** The targets of links and pictures that are not on another host. */
function relativeLinks(text) {
  const outside = /^[a-z][a-z0-9+.-]*:/i;
  const plain = prose(text).replaceAll(CODE, '');
  return LINKS.flatMap((link) => [...plain.matchAll(link)].map(([, target]) => target)).filter(
    (target) => !outside.test(target),
  );
}

/**
 * The links of a page that lead nowhere, each with the reason.
 * @param {string} file  the page
 * @param {string} root  no link may lead out of this directory
 */
function brokenLinks(file, root) {
  const broken = [];
  for (const target of relativeLinks(fs.readFileSync(file, 'utf8'))) {
    const [name, anchor] = target.split('#');
    const to = name === '' ? file : path.resolve(path.dirname(file), name);
    if (name.startsWith('/') || path.relative(root, to).startsWith('..'))
      broken.push(`${target}: not in the repository`);
    else if (!fs.existsSync(to)) broken.push(`${target}: no such file`);
    else if (anchor !== undefined && (!to.endsWith('.md') || !anchors(fs.readFileSync(to, 'utf8')).has(anchor)))
      broken.push(`${target}: no such anchor`);
  }
  return broken;
}

module.exports = { anchors, brokenLinks, relativeLinks };
