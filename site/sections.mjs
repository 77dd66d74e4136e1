// Which documents of the project are pages of the site, and in which order. Reads their titles; builds nothing.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Pages by section, in reading order, without `.md`. */
export const SECTIONS = [
  ['First', ['docs/at-3-a-m', 'docs/start', 'docs/concepts']],
  [
    'Guides',
    [
      'docs/watching',
      'docs/typescript',
      'docs/production',
      'docs/containers',
      'docs/native-memory',
      'docs/fleet',
      'docs/profilers',
      'docs/testing',
      'docs/browser-pages',
      'docs/ci',
      'docs/assistants',
      'docs/migrating',
    ],
  ],
  [
    'How it works',
    [
      'docs/detection',
      'docs/thresholds',
      'docs/allocation-sites',
      'docs/labels',
      'docs/heap-diff',
      'docs/holders',
      'docs/closures',
      'docs/heap-structure',
      'docs/timeline',
      'docs/leak-kinds',
      'docs/compare',
    ],
  ],
  ['Reference', ['docs/command-line', 'docs/api', 'docs/events', 'docs/reports', 'docs/errors']],
  ['Trust', ['docs/safety', 'docs/platforms', 'SECURITY', 'bench/README', 'agreement/README']],
  ['Project', ['README', 'examples/README', 'examples/fleet/README', 'ARCHITECTURE', 'CONTRIBUTING', 'CHANGELOG']],
];
export const PAGES = SECTIONS.flatMap(([, pages]) => pages);

/** The text of a page. */
export const textOf = (page) => fs.readFileSync(path.join(ROOT, `${page}.md`), 'utf8');

/** The first heading of a page. */
export const titleOf = (page) => /^# (.+)$/m.exec(textOf(page))[1].replaceAll('`', '');
