'use strict';
// The top of a dominator tree as a treemap (squarified: Bruls, Huizing, van Wijk 2000, by
// d3-hierarchy): a few levels at a time, boxes as elements that a
// keyboard and a screen reader can reach.

((page) => {
  const { bytes, percent, count } = page.format;
  const { element } = page.elements;

  const HEIGHT_PX = 460;
  const HEAD_PX = 22;
  const FRAME_PX = 2;

  // A chain of objects that keep each other is followed without a click for each.
  const DEEPER_SHARE = 0.2;
  const MOST_DEPTH = 7;

  const WHOLE = 'The whole heap';

  // Boxes below this are drawn without text.
  const LEAST_TEXT_PX = { width: 46, height: 18 };
  const LEAST_PX = 3;

  /** What a box is called. */
  function nameOf({ class: name, preview, count: objects }) {
    if (objects > 1) return `${count(objects)} × ${name ?? 'others'}`;
    return preview || name || 'others';
  }

  function words(entry, total) {
    const parts = [
      `${nameOf(entry)}: keeps ${bytes(entry.retainedBytes)}, ${percent(entry.retainedBytes / total)} of the heap`,
    ];
    if (entry.count === 1) parts.push(`itself ${bytes(entry.shallowBytes)}`, `@${entry.id}`);
    return parts.join('; ');
  }

  /** An entry and the levels shown below it: two, and more if one box has much of the space. */
  function shown(entry) {
    const root = { entry, depth: 0, children: [] };
    const queue = [root];
    for (const node of queue) {
      const isLarge = node.entry.retainedBytes >= entry.retainedBytes * DEEPER_SHARE;
      if (node.depth >= (isLarge ? MOST_DEPTH : 2)) continue;
      for (const child of node.entry.children) {
        const below = { entry: child, depth: node.depth + 1, children: [] };
        node.children.push(below);
        queue.push(below);
      }
    }
    return root;
  }

  /** Laid out. The own size of an entry is a part without a box. */
  function layOut(entry, width, height) {
    const root = d3.hierarchy(shown(entry)).sum(({ entry: { retainedBytes }, children }) => {
      const below = children.reduce((sum, child) => sum + child.entry.retainedBytes, 0);
      return Math.max(0, retainedBytes - below);
    });
    return d3
      .treemap()
      .size([width, height])
      .paddingTop(({ depth, children, x1, x0 }) =>
        depth > 0 && children && x1 - x0 > LEAST_TEXT_PX.width ? HEAD_PX : 0,
      )
      .paddingBottom(({ depth, children }) => (depth > 0 && children ? FRAME_PX : 0))
      .paddingLeft(({ depth, children }) => (depth > 0 && children ? FRAME_PX : 0))
      .paddingRight(({ depth, children }) => (depth > 0 && children ? FRAME_PX : 0))
      .paddingInner(2)
      .round(true)(root.sort((a, b) => b.value - a.value));
  }

  class Treemap {
    #box;
    #total;
    #trail;

    constructor(box, { root, totalBytes }) {
      this.#box = box;
      this.#total = totalBytes;
      // V8 calls the root by a name of its own.
      this.#trail = [{ ...root, preview: WHOLE }];
      this.#draw();
      new ResizeObserver(() => this.#draw()).observe(box);
      box.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && this.#trail.length > 1) this.#go(this.#trail.slice(0, -1));
      });
    }

    #go(trail) {
      this.#trail = trail;
      this.#draw();
      this.#box.querySelector('.crumbs [aria-current]')?.focus();
    }

    #draw() {
      const width = this.#box.clientWidth;
      if (width === 0) return;
      const shown = this.#trail.at(-1);
      const crumbs = this.#trail.map((entry, i) =>
        element(
          'li',
          {},
          element(
            'button',
            {
              type: 'button',
              class: 'crumb',
              'aria-current': i === this.#trail.length - 1 ? 'true' : null,
              onclick: () => this.#go(this.#trail.slice(0, i + 1)),
            },
            nameOf(entry),
          ),
        ),
      );
      const map = element('div', { class: 'treemap', role: 'group', 'aria-label': 'Treemap of retained sizes' });
      map.style.height = `${HEIGHT_PX}px`;
      for (const node of layOut(shown, width, HEIGHT_PX).descendants().slice(1)) {
        if (node.x1 - node.x0 >= LEAST_PX && node.y1 - node.y0 >= LEAST_PX) map.append(this.#rectangle(node));
      }
      const said = element('p', { class: 'flame-words', 'aria-live': 'polite' }, words(shown, this.#total));
      this.#box.replaceChildren(
        element('ol', { class: 'crumbs', 'aria-label': 'Path in the tree' }, ...crumbs),
        map,
        said,
      );
    }

    #rectangle(node) {
      const { entry } = node.data;
      const [width, height] = [node.x1 - node.x0, node.y1 - node.y0];
      const trail = node
        .ancestors()
        .reverse()
        .slice(1)
        .map(({ data }) => data.entry);
      const canOpen = entry.children.length > 0;
      const tell = () => page.elements.setText(this.#box.querySelector('.flame-words'), words(entry, this.#total));
      const hasText = width >= LEAST_TEXT_PX.width && height >= LEAST_TEXT_PX.height;
      const box = element(
        canOpen ? 'button' : 'div',
        {
          type: canOpen ? 'button' : null,
          role: canOpen ? null : 'img',
          class: `box box-${node.depth % 2 ? 'odd' : 'even'}${entry.count > 1 ? ' box-group' : ''}`,
          // Reached by keys are those that can be opened, and only of the first level: of the second there are hundreds.
          tabindex: canOpen ? (node.depth === 1 ? '0' : '-1') : null,
          title: words(entry, this.#total),
          'aria-label': canOpen && hasText ? null : words(entry, this.#total),
          onclick: canOpen ? () => this.#go([...this.#trail, ...trail]) : null,
          onfocus: tell,
          onpointerenter: tell,
        },
        hasText ? element('span', { class: 'box-name' }, nameOf(entry)) : '',
        canOpen && hasText
          ? element('span', { class: 'unseen' }, words(entry, this.#total).slice(nameOf(entry).length))
          : '',
        hasText && node.children && width > 150
          ? element('span', { class: 'box-size', 'aria-hidden': 'true' }, bytes(entry.retainedBytes))
          : '',
      );
      box.style.left = `${node.x0}px`;
      box.style.top = `${node.y0}px`;
      box.style.width = `${width}px`;
      box.style.height = `${height}px`;
      return box;
    }
  }

  page.treemap = { Treemap, layOut, nameOf };
})((globalThis.memwatchPage ??= {}));
