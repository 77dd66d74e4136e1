'use strict';
// The flame graph of live bytes by allocation site: laid out by d3-hierarchy, drawn as
// elements that a keyboard and a screen reader can reach. A click zooms into a frame.

((page) => {
  const { bytes, percent } = page.format;
  const { element } = page.elements;

  const ROW_PX = 22;
  // A frame narrower than this share is too small to be clicked.
  const LEAST_SHARE = 0.003;
  const MOST_ROWS = 26;

  /** Whose code a frame is. */
  function ownerOf({ name, at }) {
    if (at.startsWith('node:')) return 'node';
    if (at.includes('node_modules')) return 'package';
    if (at === '' || (name.startsWith('(') && !name.startsWith('(anonymous'))) return 'engine';
    return 'own';
  }

  /** file:line of a frame, as a place has it. */
  function placeOf({ at }) {
    const [, file, line] = /^(.*):(\d+)$/.exec(at) ?? [null, at, NaN];
    return { file, line: Number(line) };
  }

  const OWNERS = { own: 'this program', package: 'packages', node: 'Node.js', engine: 'V8' };

  /** A tree of totals, laid out: x from 0 to 1. */
  function layOut(tree) {
    const root = d3
      .hierarchy(tree)
      .sum((node) => node.bytes - node.children.reduce((sum, child) => sum + child.bytes, 0));
    // A child's total can be above its parent's by what was rounded.
    return d3.partition()(root.sort((a, b) => b.value - a.value));
  }

  /** The frames from the root to one. */
  function wayTo(node) {
    return node
      .ancestors()
      .reverse()
      .slice(1)
      .map(({ data }) => data.name + data.at);
  }

  const keyOf = (node) => wayTo(node).join('\n');

  class Flame {
    #box;
    #root = null;
    #focus = null;
    #trail = [];
    #pressed = null;

    constructor(box) {
      this.#box = box;
      box.addEventListener('keydown', (event) => this.#key(event));
      box.addEventListener('pointerdown', ({ target }) => (this.#pressed = target));
      box.addEventListener('pointerup', ({ target }) => this.#released(target));
    }

    /** A frame that was redrawn while it was pressed gets no click: it is zoomed into here. */
    #released({ node }) {
      const pressed = this.#pressed;
      this.#pressed = null;
      if (node && pressed?.node && !pressed.isConnected && keyOf(pressed.node) === keyOf(node)) this.#zoom(node);
    }

    /** @param {object | null} tree */
    draw(tree) {
      if (!tree || tree.bytes <= 0) {
        this.#root = null;
        this.#box.replaceChildren();
        return;
      }
      const trail = this.#trail;
      this.#root = layOut(tree);
      // The zoom is kept in the new tree, as far as its frames exist there.
      this.#focus = trail.reduce(
        (node, name) => node?.children?.find((child) => child.data.name + child.data.at === name) ?? node,
        this.#root,
      );
      this.#render();
    }

    #zoom(node) {
      this.#focus = node;
      this.#trail = wayTo(node);
      this.#render();
      this.#box.querySelector('[tabindex="0"]')?.focus();
    }

    #render() {
      const active = this.#box.contains(document.activeElement) ? document.activeElement : null;
      const walked = active?.node && keyOf(active.node);
      const focus = this.#focus;
      const { x0, x1 } = focus;
      const above = new Set(focus.ancestors());
      const frames = this.#root.descendants().filter((node) => {
        if (node.depth >= MOST_ROWS + focus.depth) return false;
        if (above.has(node)) return true;
        return (
          node.depth > focus.depth &&
          node.x0 >= x0 - 1e-9 &&
          node.x1 <= x1 + 1e-9 &&
          (node.x1 - node.x0) / (x1 - x0) > LEAST_SHARE
        );
      });
      const rows = 1 + Math.max(...frames.map(({ depth }) => depth));
      const tree = element('div', {
        class: 'flame',
        role: 'tree',
        'aria-label': 'Flame graph of live bytes by allocation site',
      });
      tree.style.height = `${rows * ROW_PX}px`;
      for (const node of frames) tree.append(this.#frame(node, above.has(node), x0, x1));
      const owners = Object.entries(OWNERS).map(([owner, name]) =>
        element('li', {}, element('span', { class: `key frame-${owner}`, 'aria-hidden': 'true' }), name),
      );
      const back = element(
        'button',
        { type: 'button', class: 'quiet', onclick: () => this.#zoom(this.#root) },
        'Show all',
      );
      back.hidden = focus === this.#root;
      const caption = element('p', { class: 'flame-words', 'aria-live': 'polite' }, this.#words(focus));
      this.#box.replaceChildren(
        element('h3', {}, 'Flame graph'),
        element('div', { class: 'flame-head' }, element('ul', { class: 'legend' }, ...owners), back),
        tree,
        caption,
      );
      // The focus is kept, as far as its frame exists in the new tree.
      const same = active && [...tree.children].find(({ node }) => keyOf(node) === walked);
      if (active) (same ?? tree.querySelector('[tabindex="0"]')).focus({ preventScroll: true });
    }

    #words({ data, value }) {
      const at = data.at ? ` at ${data.at}` : '';
      return `${data.name}${at}: ${this.#size(value)}`;
    }

    #size(value) {
      return `${bytes(value)} live, ${percent(value / this.#root.value)} of the sampled bytes`;
    }

    #frame(node, isAbove, x0, x1) {
      const words = this.#words(node);
      const at = node.data.at ? ` ${page.words.place(placeOf(node.data))}` : '';
      const made = element(
        'div',
        {
          class: `frame frame-${node.depth === 0 ? 'all' : ownerOf(node.data)}${isAbove && node !== this.#focus ? ' frame-above' : ''}`,
          role: 'treeitem',
          'aria-level': node.depth + 1,
          'aria-expanded': node.children ? String(isAbove) : null,
          // As it is seen, then what is not.
          'aria-label': `${node.data.name}${at}: ${this.#size(node.value)}`,
          title: words,
          tabindex: node === this.#focus ? '0' : '-1',
          onclick: () => this.#zoom(node),
          onfocus: () => this.#tell(words),
          onpointerenter: () => this.#tell(words),
        },
        node.data.name,
        ...(at ? [element('span', { class: 'frame-at' }, at)] : []),
      );
      const [left, width] = isAbove ? [0, 1] : [(node.x0 - x0) / (x1 - x0), (node.x1 - node.x0) / (x1 - x0)];
      made.style.left = `${left * 100}%`;
      made.style.width = `${width * 100}%`;
      made.style.top = `${node.depth * ROW_PX}px`;
      made.node = node;
      return made;
    }

    #tell(words) {
      page.elements.setText(this.#box.querySelector('.flame-words'), words);
    }

    /** Arrows walk the tree, Enter zooms in, Escape out. */
    #key(event) {
      const { node } = event.target;
      if (node === undefined) return;
      const siblings = node.parent?.children ?? [node];
      const next = {
        ArrowUp: node.parent,
        ArrowDown: node.children?.[0],
        ArrowLeft: siblings[siblings.indexOf(node) - 1],
        ArrowRight: siblings[siblings.indexOf(node) + 1],
        Home: this.#root,
      }[event.key];
      if (event.key === 'Enter' || event.key === ' ') this.#zoom(node);
      else if (event.key === 'Escape') this.#zoom(this.#focus.parent ?? this.#root);
      else if (next) [...this.#box.querySelectorAll('.frame')].find((frame) => frame.node === next)?.focus();
      else return;
      event.preventDefault();
    }
  }

  page.flame = { Flame, ownerOf, layOut };
})((globalThis.memwatchPage ??= {}));
