'use strict';
// Every relative link and picture of the documents leads to a file, and every anchor to a heading. Links to other hosts
// are not followed.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { ROOT, temporaryDirectory } = require('./support/cli-run.js');
const { anchors, brokenLinks, relativeLinks } = require('./support/markdown.js');

const GUIDES = fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const PAGES = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['agreement/README.md', 'bench/README.md', 'crates/report/fuzz/README.md'],
  ...['examples/README.md', 'examples/fleet/README.md'],
  ...GUIDES.map((name) => `docs/${name}`),
];

for (const page of PAGES) {
  test(`every relative link of ${page} leads somewhere`, () => {
    assert.deepEqual(brokenLinks(path.join(ROOT, page), ROOT), []);
  });
}

test('every page of docs/ is linked from the README', () => {
  const linked = relativeLinks(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')).map(
    (target) => target.split('#')[0],
  );
  assert.deepEqual(
    GUIDES.filter((name) => !linked.includes(`docs/${name}`)),
    [],
  );
});

test('a broken link is found, and one in code is ignored', () => {
  const directory = temporaryDirectory();
  const page = path.join(directory, 'page.md');
  const lines = [
    '# One `code`, [linked](page.md)',
    '## Twice',
    '## Twice',
    '<a id="here"></a>',
    '[a](page.md#one-code-linked) [b](#twice-1) [c](#here) [d](https://memwatch.invalid/#x) `[e](in-code.md)`',
    '```',
    '# not a heading',
    '[f](in-a-block.md)',
    '```',
    '[g](no-such.md) [h](#not-a-heading) [i](../outside.md) [j](/etc/hosts) <img src="no-such.png">',
  ];
  fs.writeFileSync(page, lines.join('\n'));
  assert.deepEqual([...anchors(lines.join('\n'))], ['one-code-linked', 'twice', 'twice-1', 'here']);
  assert.deepEqual(brokenLinks(page, directory), [
    'no-such.md: no such file',
    '#not-a-heading: no such anchor',
    '../outside.md: not in the repository',
    '/etc/hosts: not in the repository',
    'no-such.png: no such file',
  ]);
});
