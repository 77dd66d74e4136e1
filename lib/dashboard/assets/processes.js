'use strict';
// The processes and threads of a program, side by side: a card for each, with its state in a
// word and its base as a small line.

((page) => {
  const { bytes } = page.format;
  const { element } = page.elements;

  const WIDTH = 120;
  const HEIGHT = 28;
  const WORDS = { ok: 'no leak seen', suspected: 'suspected', confirmed: 'leaks', cleared: 'cleared' };

  /** A line through a few values, without an axis. */
  function spark(values) {
    const NS = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(NS, 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    svg.setAttribute('class', 'spark');
    if (values.length < 2) return svg;
    const least = Math.min(...values);
    const span = Math.max(Math.max(...values) - least, least * 0.05, 1);
    const points = values.map((value, i) => [
      (i / (values.length - 1)) * WIDTH,
      HEIGHT - 2 - ((value - least) / span) * (HEIGHT - 4),
    ]);
    const line = document.createElementNS(NS, 'polyline');
    line.setAttribute('points', points.map((point) => point.map((at) => at.toFixed(1)).join(',')).join(' '));
    svg.append(line);
    return svg;
  }

  function card(record, isSelected, select) {
    const { id, meta, isLive, verdict, spark: values = [] } = record;
    const word = isLive ? WORDS[verdict.state] : 'ended';
    return element(
      'button',
      {
        type: 'button',
        class: 'process',
        'data-id': id,
        'data-state': isLive ? verdict.state : 'ended',
        'aria-pressed': String(isSelected),
        onclick: () => select(id),
      },
      element('span', { class: 'process-name' }, meta.name),
      element('span', { class: 'process-pid' }, `pid ${meta.pid}`),
      spark(values),
      element('span', { class: 'process-state' }, word),
      element('span', { class: 'process-base' }, values.length ? bytes(values.at(-1)) : ''),
    );
  }

  /** Draws the cards; one program alone needs none. */
  function draw(box, store) {
    const records = [...store.records.values()];
    box.hidden = records.length < 2;
    if (box.hidden) return;
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    box.replaceChildren(
      ...records.map((record) => card(record, record.id === store.selected, (id) => store.select(id))),
    );
    if (focused) box.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  }

  page.processes = { draw };
})((globalThis.memwatchPage ??= {}));
