'use strict';
// The five charts, drawn by uPlot from a record's history. Each has a legend with the values
// under the pointer, a sentence for screen readers, and its last rows as a table.

((page) => {
  const { bytes, duration, time, short } = page.format;
  const { element, table } = page.elements;

  const SECOND_MS = 1000;
  const MINUTE_MS = 60_000;
  const RANGES = { '5 min': 5 * MINUTE_MS, '1 h': 60 * MINUTE_MS, All: Infinity, Forecast: Infinity };

  // Room to the right of now, for where the trend leads.
  const AHEAD_SHARE = 0.08;

  // A scale is never finer than this share of its values: noise must not look like growth.
  const LEAST_SPAN_SHARE = 0.2;

  // Steps of a scale of bytes.
  const BYTE_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);

  // Collections are counted in this many parts of the time shown, and none shorter than this:
  // a rate over one second is a spike for each collection.
  const MOST_RATES = 48;
  const LEAST_RATE_MS = 5000;
  // Runs of rows that are drawn, each as two points: as many as a wide screen has pixels.
  const MOST_RUNS = 800;

  const COUNT_TICKS = [0, 1, 10, 100, 1000, 10_000, 100_000];

  // Steps of the time's axis in seconds, and the room that a label of it takes, in pixels.
  const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
  const LABEL_PX = 74;

  const TABLE_ROWS = 12;

  /** A colour of the page for a canvas: resolved for the current theme. */
  function style(name) {
    const probe = element('span', { hidden: true });
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  const of = (part, column) => part.columns[part.names.indexOf(column)];

  /** The bounds of a scale of values, with some room. */
  function bounds(least, most, { fromZero = false } = {}) {
    if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
    if (fromZero) return [0, most * 1.1 || 1];
    const span = Math.max(most - least, most * LEAST_SPAN_SHARE, 1);
    return [Math.max(0, least - span * 0.12), least + span * 1.12];
  }

  /** Collections a minute, from how many of each kind there were at two moments that are long enough apart. */
  function rates(raw, { from, to }) {
    const times = raw.columns[0];
    const counted = [of(raw, 'full'), of(raw, 'young')];
    const least = Math.max(LEAST_RATE_MS, (to - from) / MOST_RATES);
    const out = [[], [], []];
    const end = Math.min(times.length, firstFrom(times, to) + 1);
    let last = Math.max(0, firstFrom(times, from) - 1);
    for (let row = last + 1; row < end; row++) {
      const ms = times[row] - times[last];
      if (ms < least) continue;
      out[0].push(times[last] / SECOND_MS);
      counted.forEach((column, i) => out[i + 1].push((Math.max(0, column[row] - column[last]) / ms) * MINUTE_MS));
      last = row;
    }
    // A step ends where the next one begins; the last one here.
    if (out[0].length > 0) out.forEach((column, i) => column.push(i === 0 ? times[last] / SECOND_MS : column.at(-1)));
    return out;
  }

  /** Where the time's axis has labels: at even times, and at two of them at least. */
  function timeSplits(from, to, width) {
    const most = Math.max(2, Math.floor(width / LABEL_PX));
    const span = to - from;
    const fitting = TIME_STEPS.findIndex((step) => span / step <= most);
    // Of more than some days whole days, as many as fit.
    const days = Math.ceil(span / most / 86_400) * 86_400;
    const steps = fitting < 0 ? [days] : TIME_STEPS.slice(0, fitting + 1).reverse();
    for (const step of steps) {
      const zone = step >= 3600 ? new Date(from * SECOND_MS).getTimezoneOffset() * 60 : 0;
      const splits = [];
      for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) splits.push(at);
      if (splits.length >= 2) return splits;
    }
    return [from, to];
  }

  /** The first place in sorted values that is not below one. */
  function firstFrom(values, least) {
    let [from, to] = [0, values.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (values[middle] < least) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /**
   * The rows of a part of the time, thinned to what a screen can show: of each run of rows the
   * one with the least and the one with the most of a column, so that no peak is lost.
   * @returns {number[][]} columns, the time in seconds
   */
  function drawn(part, names, peaksOf, { from, to }) {
    const times = part.columns[0];
    // One row more on each side: lines go on to the edges.
    const start = Math.max(0, firstFrom(times, from) - 1);
    const end = Math.min(times.length, firstFrom(times, to) + 1);
    const step = Math.ceil((end - start) / MOST_RUNS);
    const peaks = of(part, peaksOf);
    const rows = [];
    for (let run = start; run < end; run += step) {
      let [least, most] = [run, run];
      for (let row = run; row < Math.min(run + step, end); row++) {
        if (peaks[row] < peaks[least]) least = row;
        if (peaks[row] > peaks[most]) most = row;
      }
      if (least !== most) rows.push(Math.min(least, most));
      rows.push(Math.max(least, most));
    }
    return [rows.map((row) => times[row] / SECOND_MS), ...names.map((name) => rows.map((row) => of(part, name)[row]))];
  }

  /** The stack from the top: parts that grow in a leak or by fragmentation are above parts that hardly change. */
  const STACK = [
    { label: 'malloc, free', color: '--orange', rows: ['mallocFree'] },
    { label: 'malloc, in use', color: '--purple', rows: ['mallocInUse'] },
    { label: 'V8', color: '--blue', rows: ['v8Heap', 'v8Code'] },
    { label: 'Stacks', color: '--teal', rows: ['threadStacks'] },
    { label: 'Other', color: '--ink', rows: ['other'] },
    { label: 'Files', color: '--raw', rows: ['mappedFiles', 'programData'] },
  ];

  const isKnown = (value) => value !== null && value !== undefined && !Number.isNaN(value);
  /** Null if a part is unknown. */
  const sumOf = (values) => (values.every(isKnown) ? values.reduce((sum, value) => sum + value, 0) : null);

  /** The rows as lines above each other: each is the sum of its own and all below; null where it is not known. */
  function stacked(native, view) {
    if (native.columns[0].length === 0) return [[view.to / SECOND_MS], ...STACK.map(() => [null])];
    const names = STACK.flatMap(({ rows }) => rows);
    const [times, ...columns] = drawn(native, names, 'resident', view);
    const below = times.map(() => 0);
    const lines = [...STACK].reverse().map(({ rows }) => {
      const parts = rows.map((name) => columns[names.indexOf(name)]);
      return times.map((_, i) => {
        const own = sumOf(parts.map((column) => column[i]));
        return own === null ? null : (below[i] += own);
      });
    });
    return [times, ...lines.reverse()];
  }

  /** The own value of a line of a stack: without the next known one below. */
  function ownOf(data, line, row) {
    const value = data[line][row];
    const below = data.slice(line + 1).map((column) => column[row]);
    return isKnown(value) ? value - (below.find(isKnown) ?? 0) : null;
  }

  /** The trend's value at a moment; without one, how fast it rises. */
  function valueOfTrend({ trend }, seconds) {
    if (trend === null) return null;
    return seconds === null
      ? `${page.format.change(trend.bytesPerHour)} an hour`
      : bytes(trend.at(seconds * SECOND_MS));
  }

  /**
   * The line that the detector judges, from the detector itself: none while the live heap does not grow, or another kind
   * of memory grows more like a leak.
   */
  function judged({ detectorState }) {
    const { kind, start, base, bytesPerHour } = detectorState;
    const isKnown = [start, base, bytesPerHour].every(Number.isFinite);
    if (!page.words.isGrowing(detectorState) || (kind ?? 'heap') !== 'heap' || !isKnown) return null;
    const HOUR_MS = 60 * MINUTE_MS;
    return { start, bytesPerHour, at: (ms) => base + (bytesPerHour / HOUR_MS) * (ms - start) };
  }

  /** Each chart: its lines, the data it draws from a record, and its table. */
  const CHARTS = {
    base: {
      height: 300,
      value: bytes,
      fromZero: true,
      lines: [
        { label: 'Heap in use', color: '--raw', fill: '--wash', width: 1.25 },
        { label: 'Live heap', color: '--blue', width: 2.5, points: true },
        { label: 'Trend', color: '--orange', width: 2, dash: [7, 5], told: valueOfTrend },
        { label: 'Heap limit', color: '--red', width: 1.5, dash: [2, 4] },
      ],
      data(record, view) {
        const { gc, raw } = record.history;
        const tables = [drawn(raw, ['used'], 'used', view), drawn(gc, ['base'], 'base', view), view.line, view.limit];
        return uPlot.join(tables.map((part) => (part[0].length ? part : [[view.to / SECOND_MS], [null]])));
      },
      head: ['Time', 'Live heap', 'Pause'],
      row: ({ gc }, i) => [time(gc.columns[0][i]), bytes(of(gc, 'base')[i]), duration(of(gc, 'pause')[i])],
    },
    memory: {
      height: 200,
      value: bytes,
      fromZero: true,
      from: 'raw',
      lines: [
        { label: 'Resident', color: '--ink', width: 1.75 },
        { label: 'Heap', color: '--blue', width: 1.75 },
        { label: 'External', color: '--orange', width: 1.75, dash: [6, 3] },
        { label: 'Other native', color: '--purple', width: 1.75, dash: [2, 3] },
      ],
      data({ history: { raw } }, view) {
        const [times, rss, total, external] = drawn(raw, ['rss', 'total', 'external'], 'rss', view);
        const native = rss.map((value, i) => Math.max(0, value - total[i] - external[i]));
        return [times, rss, total, external, native];
      },
      head: ['Time', 'Resident', 'Heap', 'External', 'Malloced by V8'],
      row: ({ raw }, i) => [
        time(raw.columns[0][i]),
        ...['rss', 'total', 'external', 'malloced'].map((name) => bytes(of(raw, name)[i])),
      ],
    },
    native: {
      height: 200,
      value: bytes,
      fromZero: true,
      from: 'native',
      isStacked: true,
      // From the top to the bottom of the stack.
      lines: STACK.map(({ label, color }) => ({ label, color, fill: color, width: 1 })),
      data: ({ history: { native } }, view) => stacked(native, view),
      head: ['Time', 'Resident', ...STACK.map(({ label }) => label)],
      row: ({ native }, i) => [
        time(native.columns[0][i]),
        bytes(of(native, 'resident')[i]),
        ...STACK.map(({ rows }) => {
          const size = sumOf(rows.map((name) => of(native, name)[i]));
          return size === null ? 'unknown' : bytes(size);
        }),
      ],
    },
    pauses: {
      height: 200,
      value: (ms) => duration(ms),
      fromZero: true,
      lines: [{ label: 'Pause', color: '--teal', fill: '--teal', bars: true, width: 0 }],
      data: ({ history: { gc } }, view) => drawn(gc, ['pause'], 'pause', view),
      head: ['Time', 'Pause'],
      row: ({ gc }, i) => [time(gc.columns[0][i]), duration(of(gc, 'pause')[i])],
    },
    collections: {
      height: 200,
      value: (rate) => short(Math.round(rate * 10) / 10),
      isCount: true,
      from: 'raw',
      lines: [
        { label: 'Full', color: '--blue', width: 2 },
        { label: 'Minor', color: '--raw', width: 1.75, dash: [5, 3] },
      ],
      data: ({ history: { raw } }, view) => rates(raw, view),
      head: ['Time', 'Full so far', 'Minor so far'],
      row: ({ raw }, i) => [time(raw.columns[0][i]), `${of(raw, 'full')[i]}`, `${of(raw, 'young')[i]}`],
    },
  };

  /** From when to when a record is shown, and the line that is judged. */
  function viewOf(record, range, zoom) {
    const { raw, gc } = record.history;
    const now = Math.max(raw.columns[0].at(-1) ?? 0, gc.columns[0].at(-1) ?? 0);
    const first = Math.min(raw.columns[0][0] ?? now, gc.columns[0][0] ?? now);
    const from = zoom ? zoom[0] : Math.max(first, now - RANGES[range]);
    const trend = judged(record);
    // An ended program has no forecast.
    const eta = trend !== null && record.isLive !== false ? record.detectorState.limitEta : null;
    const isForecast = range === 'Forecast' && !zoom && eta > now;
    const to = zoom
      ? zoom[1]
      : isForecast
        ? eta + (eta - from) * AHEAD_SHARE
        : now + Math.max(SECOND_MS, (now - from) * AHEAD_SHARE);
    const ends = trend && !zoom ? [Math.max(from, trend.start), to] : [];
    const line = [ends.map((ms) => ms / SECOND_MS), ends.map((ms) => trend.at(ms))];
    const bounds = isForecast ? [from, to] : [];
    const limit = [bounds.map((ms) => ms / SECOND_MS), bounds.map(() => record.meta.limit)];
    return {
      ...{ from, to: Math.max(to, from + SECOND_MS), line, limit },
      trend: zoom ? null : trend,
      canForecast: Boolean(eta && eta > now),
    };
  }

  /** One chart in its figure. */
  class Chart {
    #name;
    #spec;
    #plotBox;
    #legend;
    #details;
    #table;
    #plot = null;
    #view = { from: 0, to: 1, trend: null };
    #onZoom;

    constructor(name, figure, onZoom) {
      this.#name = name;
      this.#spec = CHARTS[name];
      this.#onZoom = onZoom;
      this.#plotBox = element('div', { class: 'plot', role: 'img' });
      this.#legend = this.#spec.lines.map(({ label, color, dash }) => {
        const value = element('span', { class: 'legend-value' });
        const key = element('span', {
          class: `key key-${color.slice(2)}${dash ? ' key-dashed' : ''}`,
          'aria-hidden': 'true',
        });
        return { item: element('li', {}, key, `${label} `, value), value };
      });
      this.#table = element('div');
      const summary = element('summary', {}, 'As a table');
      this.#details = element('details', { ontoggle: () => this.#fillTable() }, summary, this.#table);
      figure.append(
        element('ul', { class: 'legend' }, ...this.#legend.map(({ item }) => item)),
        this.#plotBox,
        this.#details,
      );
      new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#plotBox);
    }

    #size() {
      return { width: Math.max(120, this.#plotBox.clientWidth), height: this.#spec.height };
    }

    /** Redraws everything, as when the colours change. */
    reset() {
      this.#plot?.destroy();
      this.#plot = null;
    }

    draw(record, view) {
      this.record = record;
      this.#view = view;
      // On systems without mappings there is no such chart.
      if (this.#spec.isStacked) this.#plotBox.closest('section').hidden = record.history.native.columns[0].length === 0;
      const data = this.#spec.data(record, view);
      if (this.#plot) this.#plot.setData(data);
      else this.#plot = new uPlot(this.#options(), data, this.#plotBox);
      this.#plotBox.setAttribute('aria-label', page.words.chartText(this.#name, record));
      this.#tellValues(this.#plot);
      if (this.#details.open) this.#fillTable();
    }

    /** The values under the pointer, or the last ones. */
    #tellValues(plot) {
      const at = plot.cursor.idx ?? plot.data[0].length - 1;
      const until = plot.cursor.idx === null || plot.cursor.idx === undefined;
      this.#legend.forEach(({ item, value }, i) => {
        const { told } = this.#spec.lines[i];
        if (told) {
          const text = told(this.#view, until ? null : plot.data[0][at]);
          item.hidden = text === null;
          return page.elements.setText(value, text ?? '');
        }
        const column = plot.data[i + 1];
        let row = at;
        while (row >= 0 && (column[row] === null || column[row] === undefined)) row -= 1;
        const found = row < 0 ? null : this.#spec.isStacked ? ownOf(plot.data, i + 1, row) : column[row];
        item.hidden = until && found === null;
        return page.elements.setText(value, found === null ? '–' : this.#spec.value(found));
      });
    }

    #fillTable() {
      const { history } = this.record;
      const { length } = history[this.#spec.from ?? 'gc'].columns[0];
      const newest = Array.from({ length: Math.min(TABLE_ROWS, length) }, (_, i) => length - 1 - i);
      const rows = newest.map((row) => this.#spec.row(history, row));
      const columns = this.#spec.head.map((name, i) => ({ name, isNumber: i > 0, cell: (row) => row[i] }));
      page.elements.replace(this.#table, table({ caption: `The last measurements: ${this.#name}`, columns, rows }));
    }

    #options() {
      const spec = this.#spec;
      const axis = {
        stroke: style('--muted'),
        font: '12px system-ui, sans-serif',
        ticks: { show: false },
        grid: { stroke: style('--line'), width: 1 },
      };
      return {
        ...this.#size(),
        // The last label of the time reaches beyond the plot.
        padding: [12, 32, 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: 'memwatch', scales: ['x', null] },
          drag: { x: true, y: false, setScale: false },
          points: { size: 6 },
          y: false,
        },
        hooks: {
          setCursor: [(plot) => this.#tellValues(plot)],
          setSelect: [
            (plot) => {
              const { left, width } = plot.select;
              if (width > 4) this.#onZoom([left, left + width].map((x) => plot.posToVal(x, 'x') * SECOND_MS));
              plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            },
          ],
        },
        scales: {
          x: { time: true, range: () => [this.#view.from / SECOND_MS, this.#view.to / SECOND_MS] },
          y: spec.isCount
            ? { distr: 4, asinh: 1, range: (plot, least, most) => [0, Math.max(2, (most ?? 1) * 2)] }
            : { range: (plot, least, most) => bounds(least ?? NaN, most ?? NaN, spec) },
        },
        axes: [
          {
            ...axis,
            size: 34,
            gap: 9,
            splits: (plot, i, least, most) => timeSplits(least, most, plot.bbox.width / devicePixelRatio),
            values: (plot, splits) => splits.map((at) => this.#tick(at, splits[1] - splits[0])),
            grid: { show: false },
          },
          {
            ...axis,
            size: 72,
            gap: 6,
            space: 42,
            ...(spec.value === bytes ? { incrs: BYTE_STEPS } : {}),
            ...(spec.isCount ? { splits: (plot, i, least, most) => COUNT_TICKS.filter((tick) => tick <= most) } : {}),
            values: (plot, splits) => splits.map((value) => (value === null ? '' : spec.value(value))),
          },
        ],
        series: [{}, ...spec.lines.map((line) => this.#series(line))],
      };
    }

    /** A tick of the time: seconds only where they differ. */
    #tick(at, stepSeconds) {
      const date = new Date(at * SECOND_MS);
      const two = (number) => String(number).padStart(2, '0');
      const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
      if (stepSeconds < 60) return `${clock}:${two(date.getSeconds())}`;
      if (stepSeconds >= 86_400) return `${date.getDate()}.${date.getMonth() + 1}.`;
      return clock;
    }

    #series({ label, color, fill, width, dash, points, bars }) {
      return {
        label,
        stroke: style(color),
        width,
        spanGaps: true,
        ...(fill ? { fill: style(fill) } : {}),
        ...(dash ? { dash } : {}),
        ...(bars ? { paths: uPlot.paths.bars({ size: [0.7, 8, 2] }) } : {}),
        points: points
          ? { show: (plot, series, first, last) => last - first < 600, size: 6, width: 1.5, fill: style('--card') }
          : { show: false },
        ...(this.#spec.isCount ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      };
    }
  }

  page.charts = { Chart, CHARTS, RANGES, viewOf, bounds, rates, timeSplits, drawn, stacked, ownOf };
})((globalThis.memwatchPage ??= {}));
