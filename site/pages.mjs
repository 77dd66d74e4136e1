// Copies the documents of the project, with their pictures, to where the site is built from: VitePress finds packages
// beside its pages only. Fails where a page of docs/ is in no section.
import fs from 'node:fs';
import path from 'node:path';
import { PAGES, ROOT, textOf } from './sections.mjs';

const OUT = path.join(ROOT, 'site', 'pages');

const missing = fs
  .readdirSync(path.join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md') && !PAGES.includes(`docs/${name.slice(0, -3)}`));
if (missing.length > 0) throw new Error(`docs/${missing.join(', docs/')}: in no section of site/sections.mjs`);

fs.rmSync(OUT, { recursive: true, force: true });
for (const page of PAGES) {
  const file = path.join(OUT, `${page}.md`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, textOf(page));
}
fs.cpSync(path.join(ROOT, 'docs', 'images'), path.join(OUT, 'docs', 'images'), { recursive: true });
