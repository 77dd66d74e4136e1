// The site: its sidebar, its search, and what becomes of links to files that are no pages. It has no text of its own.
import path from 'node:path';
import { PAGES, SECTIONS, titleOf } from '../sections.mjs';

const sidebar = SECTIONS.map(([text, pages]) => ({
  text,
  items: pages.map((page) => ({ text: titleOf(page), link: page === 'README' ? '/' : `/${page}` })),
}));

/** Whether a link leads to a page, another site, or a place on the page itself. */
function isPage(href, from) {
  if (/^[a-z]+:|^#/.test(href)) return true;
  const target = path.posix.join(path.posix.dirname(from), decodeURI(href.split('#')[0]));
  return target.endsWith('.md') && PAGES.includes(target.slice(0, -3));
}

/** Links to files of the repository that are no pages, such as examples, become their text. */
function withoutSourceLinks(markdown) {
  markdown.core.ruler.push('source-links', ({ env, tokens }) => {
    for (const { children } of tokens) {
      let isCut = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') isCut = !isPage(token.attrGet('href'), env.relativePath);
        if (isCut && /^link_(open|close)$/.test(token.type))
          Object.assign(token, { type: 'text', tag: '', content: '', nesting: 0 });
      }
    }
  });
}

export default {
  title: 'memwatch',
  description: 'Finds memory leaks in Node.js',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: '.vitepress/.cache',
  cleanUrls: true,
  rewrites: { 'README.md': 'index.md' },
  markdown: { config: withoutSourceLinks },
  themeConfig: { sidebar, outline: [2, 3], search: { provider: 'local' } },
};
