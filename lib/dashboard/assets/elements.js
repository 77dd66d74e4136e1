'use strict';
// Creates elements. Text is inserted as text, never as markup: names of programs, classes and
// files are never parsed as HTML.

((page) => {
  /**
   * @param {string} tag
   * @param {Record<string, unknown>} [properties]  attributes; `on…` are listeners, `class` the class
   * @param {...(Node | string)} children
   */
  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false)
        made.setAttribute(name, value === true ? '' : value);
    }
    made.append(...children);
    return made;
  }

  /** A table of rows; `cells` make the text of each column, numbers to the right, bars behind them. */
  function table({ caption, columns, rows, className = '' }) {
    const head = columns.map(({ name, isNumber, isBar }) =>
      element(
        'th',
        { scope: 'col', class: isNumber ? 'number' : isBar ? 'bar-head' : null },
        element('span', {}, name),
      ),
    );
    const body = rows.map((row) =>
      element(
        'tr',
        {},
        ...columns.map(({ cell, isNumber }, i) => {
          const content = cell(row);
          const properties = { class: isNumber ? 'number' : null };
          return i === 0 ? element('th', { scope: 'row', ...properties }, content) : element('td', properties, content);
        }),
      ),
    );
    return element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
      element(
        'table',
        { class: className },
        element('caption', { class: 'unseen' }, caption),
        element('thead', {}, element('tr', {}, ...head)),
        element('tbody', {}, ...body),
      ),
    );
  }

  /** A bar as wide as its share, next to the same value as text. */
  function bar(share, text) {
    const fill = element('span', { class: 'bar-fill' });
    fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
    return element(
      'span',
      { class: 'bar' },
      element('span', { class: 'bar-text' }, text),
      element('span', { class: 'bar-track', 'aria-hidden': 'true' }, fill),
    );
  }

  /** Where a node scrolls: a table, or nothing. */
  const scrollerOf = (box) => box.querySelector('.scroll');

  /** Replaces a table; its scroll position and keyboard focus are kept. */
  function replace(box, ...children) {
    const before = scrollerOf(box);
    const hadFocus = before !== null && before === document.activeElement;
    const left = before?.scrollLeft ?? 0;
    box.replaceChildren(...children);
    const after = scrollerOf(box);
    if (after === null) return;
    after.scrollLeft = left;
    if (hadFocus) after.focus({ preventScroll: true });
  }

  const byId = (id) => document.getElementById(id);

  /** Sets a text only if it changed: screen readers announce each change. */
  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  /** The same of an attribute. */
  function setAttribute(node, name, value) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }

  /** Makes a box contain exactly these nodes, in their order; one in its correct position is not touched. */
  function arrange(box, nodes) {
    const wanted = new Set(nodes);
    for (const node of [...box.childNodes]) if (!wanted.has(node)) node.remove();
    nodes.forEach((node, i) => {
      const there = box.childNodes[i] ?? null;
      if (there !== node) box.insertBefore(node, there);
    });
  }

  page.elements = { element, table, bar, byId, setText, setAttribute, replace, arrange };
})((globalThis.memwatchPage ??= {}));
