'use strict';
// The processes and threads of a program, side by side: a card for each, with its state in a
// word and its base as a small line.

((page) => {
  const { bytes } = page.format;
  const { arrange, element, setAttribute, setText } = page.elements;

  const WIDTH = 120;
  const HEIGHT = 28;
  const WORDS = { ok: 'no leak seen', suspected: 'suspected', confirmed: 'leaks', cleared: 'cleared' };

  /** The points of a line through a few values. */
  function points(values) {
    if (values.length < 2) return '';
    const least = Math.min(...values);
    const span = Math.max(Math.max(...values) - least, least * 0.05, 1);
    return values
      .map((value, i) => [(i / (values.length - 1)) * WIDTH, HEIGHT - 2 - ((value - least) / span) * (HEIGHT - 4)])
      .map((point) => point.map((at) => at.toFixed(1)).join(','))
      .join(' ');
  }

  /** A line without an axis. */
  function makeSpark() {
    const NS = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(NS, 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    svg.setAttribute('class', 'spark');
    svg.append(document.createElementNS(NS, 'polyline'));
    return svg;
  }

  function makeCard(id, select) {
    return element(
      'button',
      { type: 'button', class: 'process', 'data-id': id, onclick: () => select(id) },
      element('span', { class: 'process-name' }),
      element('span', { class: 'process-pid' }),
      makeSpark(),
      element('span', { class: 'process-state' }),
      element('span', { class: 'process-base' }),
    );
  }

  function fillCard(card, { meta, isLive, verdict, spark: values = [] }, isSelected) {
    const texts = {
      name: meta.name,
      pid: `pid ${meta.pid}`,
      state: isLive ? WORDS[verdict.state] : 'ended',
      base: values.length ? bytes(values.at(-1)) : '',
    };
    for (const [name, text] of Object.entries(texts)) setText(card.querySelector(`.process-${name}`), text);
    setAttribute(card, 'data-state', isLive ? verdict.state : 'ended');
    setAttribute(card, 'aria-pressed', isSelected);
    setAttribute(card.querySelector('polyline'), 'points', points(values));
  }

  /**
   * Draws the cards; one program alone needs none. A program keeps its card: one that is made
   * anew under a finger or a pointer is not pressed, and is read out again.
   */
  function draw(box, store) {
    const records = [...store.records.values()];
    box.hidden = records.length < 2;
    if (box.hidden) return;
    const known = new Map([...box.children].map((card) => [Number(card.dataset.id), card]));
    const cards = records.map((record) => {
      const card = known.get(record.id) ?? makeCard(record.id, (id) => store.select(id));
      fillCard(card, record, record.id === store.selected);
      return card;
    });
    arrange(box, cards);
  }

  page.processes = { draw };
})((globalThis.memwatchPage ??= {}));
