'use strict';
// The processes and threads of a program, side by side: a card for each, with its state in a
// word and its live heap as a small line.

((page) => {
  const { bytes } = page.format;
  const { arrange, element, setAttribute, setText } = page.elements;

  const WIDTH = 120;
  const HEIGHT = 28;
  // The index of the heap in use in a row of samples.
  const USED = 1;
  const WORDS = {
    ok: 'no leak seen',
    suspected: 'suspected',
    confirmed: 'leaks',
    paused: 'growth paused',
    cleared: 'no leak seen',
  };

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

  /** Of a thread its number: the number of the process is that of all its threads. */
  const numberOf = ({ pid, thread }) => (thread ? `thread ${thread}` : `pid ${pid}`);

  /** Its detector state, also after its end. */
  function stateOf({ isLive, detectorState }) {
    if (isLive) return WORDS[detectorState.state];
    return detectorState.state === 'ok' || detectorState.state === 'cleared'
      ? 'ended'
      : `ended, ${WORDS[detectorState.state]}`;
  }

  function fillCard(card, record, isSelected) {
    const { meta, isLive, detectorState, spark: values = [], latest } = record;
    const used = latest?.raw?.[USED];
    const texts = {
      name: meta.name,
      pid: numberOf(meta),
      state: stateOf(record),
      // Before the first full collection, with the garbage in it.
      base: values.length ? bytes(values.at(-1)) : Number.isFinite(used) ? `${bytes(used)} in use` : '',
    };
    setAttribute(card, 'title', `${meta.name}, pid ${meta.pid}${meta.thread ? `, thread ${meta.thread}` : ''}`);
    for (const [name, text] of Object.entries(texts)) setText(card.querySelector(`.process-${name}`), text);
    setAttribute(card, 'data-state', isLive || page.words.isKept(detectorState) ? detectorState.state : 'ended');
    setAttribute(card, 'aria-pressed', isSelected);
    setAttribute(card.querySelector('polyline'), 'points', points(values));
  }

  /** The leaking first, then the running, then in the order of their numbers. */
  function sorted(records) {
    const rank = ({ detectorState, isLive, meta }) => [
      -(page.store.SEVERITY[detectorState.state] ?? 0),
      isLive ? 0 : 1,
      meta.pid ?? 0,
      meta.thread ?? 0,
    ];
    return records
      .map((record) => [rank(record), record])
      .sort(([a], [b]) => a.map((value, i) => value - b[i]).find((difference) => difference !== 0) ?? 0)
      .map(([, record]) => record);
  }

  /** The address of a card, for a link: #worker-3, or #process-4242 of a main thread. */
  const addressOf = ({ meta }) => (meta.thread ? `#worker-${meta.thread}` : `#process-${meta.pid}`);

  /** Shows the card named by the address, as soon as it exists. */
  function followAddress(store) {
    const follow = () => {
      const wanted = location.hash;
      if (!/^#(worker|process)-\d+$/.test(wanted)) return;
      const found = [...store.records.values()].find((record) => addressOf(record) === wanted);
      if (found && found.id !== store.selected) store.select(found.id);
    };
    store.onNew = follow;
    addEventListener('hashchange', follow);
  }

  function choose(store, id) {
    store.select(id);
    history.replaceState(null, '', addressOf(store.record));
  }

  /**
   * Draws the cards; a single program needs none. A program keeps its card: one recreated under a
   * pointer loses its click, and is announced again.
   */
  function draw(box, store) {
    const records = sorted([...store.records.values()]);
    box.hidden = records.length < 2;
    if (box.hidden) return;
    const known = new Map([...box.children].map((card) => [Number(card.dataset.id), card]));
    const cards = records.map((record) => {
      const card = known.get(record.id) ?? makeCard(record.id, (id) => choose(store, id));
      fillCard(card, record, record.id === store.selected);
      return card;
    });
    arrange(box, cards);
  }

  page.processes = { draw, followAddress };
})((globalThis.memwatchPage ??= {}));
