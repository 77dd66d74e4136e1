'use strict';
// The dashboard page: connects incoming data to what is drawn. If the page contains its data (a
// saved report), it shows that and opens no connection.

((page) => {
  const { byId, element, setText, replace } = page.elements;
  const { duration, day, time } = page.format;

  const THEMES = ['Auto', 'Light', 'Dark'];

  const embedded = byId('report') ? JSON.parse(byId('report').textContent) : null;
  const store = new page.store.Store(changed);
  const charts = {};
  const flame = new page.flame.Flame(byId('flame'));
  const dirty = new Set();
  let range = 'All';
  let zoom = null;
  let frame = 0;

  /** The parts to redraw for each change. */
  const DRAWN_FOR = {
    raw: ['charts', 'processes'],
    native: ['charts'],
    gc: ['charts', 'status', 'processes'],
    leak: ['events'],
    detectorState: ['status', 'suspects', 'processes', 'charts'],
    sites: ['suspects', 'status', 'flame'],
    diff: ['diff', 'buttons'],
    snapshot: ['snapshots', 'events'],
    meta: ['status', 'buttons', 'processes'],
    ended: ['status', 'buttons', 'processes'],
    joined: ['processes', 'status', 'buttons'],
    left: ['processes'],
  };

  const draws = {
    processes: () => page.processes.draw(byId('processes'), store),
    status: drawStatus,
    charts: drawCharts,
    suspects: (record) => {
      setText(byId('suspects-hint'), page.tables.suspectsHint(record));
      replace(byId('suspects'), page.tables.suspects(record));
    },
    flame: (record) => flame.draw(record.sites.flame),
    diff: (record) => {
      setText(byId('diff-hint'), page.tables.diffHint(record, { isReport: embedded !== null }));
      replace(byId('diff'), ...page.tables.diff(record, { isReport: embedded !== null }));
    },
    events: (record) => replace(byId('events'), page.tables.events(record)),
    buttons: (record) => page.actions.draw(record),
    snapshots: (record) => page.actions.drawSnapshots(record),
  };

  function changed(what, id) {
    const isShown = id === store.selected;
    for (const part of DRAWN_FOR[what] ?? Object.keys(draws)) if (isShown || part === 'processes') dirty.add(part);
    if (['all', 'joined', 'left', 'selected', 'ended'].includes(what))
      for (const part of Object.keys(draws)) dirty.add(part);
    if (['all', 'joined', 'selected', 'left'].includes(what)) loadHistory();
    // Once a frame at most; a page in the background draws when it becomes visible.
    if (frame === 0) frame = requestAnimationFrame(drawAll);
  }

  function drawAll() {
    frame = 0;
    const record = store.record;
    for (const part of [...dirty]) {
      dirty.delete(part);
      if (record || part === 'processes') draws[part](record);
    }
  }

  async function loadHistory() {
    const { record } = store;
    if (!record || record.isLoading || embedded) return;
    record.isLoading = true;
    const take = store.expectHistory(record.id);
    try {
      take(await page.connection.history(record.id));
    } catch {
      // The program has gone; the stream says so.
      record.isLoading = false;
      take(null);
    }
  }

  function drawStatus(record) {
    const { meta, detectorState, isLive } = record;
    byId('status').dataset.state = page.words.isEarly(record) ? 'waiting' : detectorState.state;
    setText(byId('status-title'), page.words.title(record));
    setText(byId('status-evidence'), page.words.evidence(record, now(record)));
    const figures = page.words
      .figures(record, now(record))
      .flatMap(([name, value]) => [
        element('div', { class: 'figure' }, element('dt', {}, name), element('dd', {}, value)),
      ]);
    byId('figures').replaceChildren(...figures);
    const thread = meta.thread ? [`thread ${meta.thread}`] : [];
    const facts = [meta.name, `pid ${meta.pid}`, ...thread, `Node.js ${meta.node}`];
    if (meta.start) facts.push(`${isLive ? 'up' : 'ran'} ${duration(now(record) - meta.start)}`);
    // A line ends between two facts, not within one; the name may be long.
    setText(byId('program'), facts.map((fact, i) => (i ? fact.replaceAll(' ', '\u00a0') : fact)).join(' · '));
    document.title = `${page.words.title(record)} · ${meta.name}`;
  }

  /** A report is read later than it was created. */
  const now = (record) => (embedded ? embedded.time : (record.ended ?? Date.now()));

  function drawCharts(record) {
    if (!record.history || record.history.raw.columns[0].length === 0) return;
    const view = page.charts.viewOf(record, range, zoom);
    // The forecast has ended, or belongs to another program.
    if (range === 'Forecast' && !zoom && !view.canForecast) return setRange('All');
    for (const chart of Object.values(charts)) chart.draw(record, view);
    const forecast = byId('range').querySelector('[data-range="Forecast"]');
    forecast.disabled = !view.canForecast;
  }

  function setRange(name) {
    range = name;
    zoom = null;
    for (const button of byId('range').children)
      button.setAttribute('aria-pressed', String(button.dataset.range === name));
    changed('raw', store.selected);
  }

  function setZoom([from, to]) {
    zoom = [from, to];
    for (const button of byId('range').children) button.setAttribute('aria-pressed', 'false');
    changed('raw', store.selected);
  }

  // ------------------------------------------------------------ theme

  function setTheme(name) {
    document.documentElement.dataset.theme = name.toLowerCase();
    setText(byId('theme'), `Theme: ${name}`);
    byId('theme').dataset.next = THEMES[(THEMES.indexOf(name) + 1) % THEMES.length];
    for (const chart of Object.values(charts)) chart.reset();
    changed('raw', store.selected);
  }

  function remember(name) {
    setTheme(name);
    try {
      localStorage.setItem('memwatch-theme', name);
    } catch {
      // A page from disk may have no store; it forgets.
    }
  }

  function remembered() {
    try {
      return THEMES.includes(localStorage.getItem('memwatch-theme')) ? localStorage.getItem('memwatch-theme') : 'Auto';
    } catch {
      return 'Auto';
    }
  }

  // ------------------------------------------------------------ start

  function start() {
    page.actions.make(store);
    for (const name of Object.keys(page.charts.CHARTS))
      charts[name] = new page.charts.Chart(name, byId(`chart-${name}`), setZoom);
    for (const name of Object.keys(page.charts.RANGES)) {
      byId('range').append(
        element('button', { type: 'button', 'data-range': name, onclick: () => setRange(name) }, name),
      );
    }
    setRange('All');
    setTheme(remembered());
    byId('theme').addEventListener('click', ({ currentTarget }) => remember(currentTarget.dataset.next));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTheme(remembered()));
    page.processes.followAddress(store);
    if (embedded) showReport();
    else page.connection.connect({ message: (message) => store.apply(message), state: setConnection });
  }

  function setConnection(state) {
    byId('connection').dataset.state = state;
    setText(byId('connection'), state === 'live' ? 'live' : 'waiting for the program');
  }

  function showReport() {
    document.documentElement.dataset.report = '';
    store.apply({ type: 'all', id: 0, value: embedded.records.map(({ summary }) => summary) });
    for (const { summary, history } of embedded.records) store.setHistory(summary.id, history);
    if (embedded.records.length === 0) {
      document.documentElement.dataset.empty = '';
      setText(byId('status-title'), 'The program ended before anything was recorded');
      setText(byId('status-evidence'), embedded.ending);
    }
    byId('connection').dataset.state = 'report';
    setText(byId('connection'), `report of ${day(embedded.time)}, ${time(embedded.time, embedded.time)}`);
  }

  start();
})((globalThis.memwatchPage ??= {}));
