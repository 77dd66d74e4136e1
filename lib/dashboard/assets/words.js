'use strict';
// The verdict in words, its evidence, and what each chart shows for those who do not see it.
// Text only; the verdict itself comes from the program.

((page) => {
  const { bytes, change, duration, time, count, percent } = page.format;

  // Fewer bases say nothing: a program that starts always grows.
  const LEAST_COLLECTIONS = 5;

  const TITLES = {
    ok: 'No leak seen',
    suspected: 'A leak is suspected',
    confirmed: 'This program leaks',
    cleared: 'No leak: the growth has ended',
  };

  const KINDS = {
    heap: 'What collections leave behind',
    external: 'Memory outside of the heap (Buffers)',
    native: 'Memory that is not V8’s',
  };

  // Where the count of full collections stands in a history.
  const FULL = 3;

  /** The last entries of the columns of a history: from a moment on. */
  function since(columns, from) {
    const start = columns[0].findIndex((ms) => ms >= from);
    return start < 0 ? columns.map(() => []) : columns.map((column) => column.slice(start));
  }

  function isGrowing({ state }) {
    return state === 'suspected' || state === 'confirmed';
  }

  function title(record) {
    if (!record) return 'Waiting for the program';
    if (isEarly(record)) return record.isLive ? 'Too early to tell' : 'The program ended too early to tell';
    if (!record.isLive && record.verdict.state === 'ok') return 'No leak seen until the program ended';
    return TITLES[record.verdict.state];
  }

  const isEarly = (record) => record.verdict.state === 'ok' && collections(record) < LEAST_COLLECTIONS;
  const collections = ({ history }) => history?.gc.columns[FULL].at(-1) ?? 0;

  /** When the heap's limit is reached at this rate, in words; '' where that is far off. */
  function forecast({ verdict, meta }, now) {
    const { limitEta } = verdict;
    if (!Number.isFinite(limitEta) || limitEta <= now) return '';
    return ` At this rate the heap’s limit of ${bytes(meta.limit)} is reached in ${duration(limitEta - now)}, at ${time(limitEta, now)}.`;
  }

  /** Where most of what grew was allocated, in words. */
  function culprit({ verdict, sites }) {
    const [first] = [...(verdict.suspects ?? []), ...sites.suspects];
    if (!isGrowing(verdict) || first === undefined) return '';
    const share = Number.isFinite(first.share) ? ` (${percent(first.share)} of it)` : '';
    return ` First suspect: ${called(first.function)} at ${place(first)}${share}.`;
  }

  /** A function as people write it; what has no name is no call. */
  const called = (name) => (name.startsWith('(') ? name : `${name}()`);

  /** file:line, the end of the path first to be read. */
  function place({ file, line }) {
    const name = file
      .replace(/^file:\/\//, '')
      .split('/')
      .slice(-2)
      .join('/');
    return name ? `${name}${Number.isFinite(line) ? `:${line}` : ''}` : 'a place without a file';
  }

  /** What grew, from where to where, in how long. */
  function growth({ kind, base, current, start, end, samples, bytesPerHour }) {
    const what = KINDS[kind] ?? KINDS.heap;
    const over = samples ? `, over ${count(samples)} measurements` : '';
    return `${what} grew from ${bytes(base)} to ${bytes(current)} in ${duration(end - start)}${over}: ${change(bytesPerHour)} an hour.`;
  }

  function evidence(record, now = Date.now()) {
    if (!record?.history) return '';
    const { verdict, history } = record;
    if (isGrowing(verdict)) return `${growth(verdict)}${forecast(record, now)}${culprit(record)}`;
    const bases = history.gc.columns[1];
    if (bases.length === 0) {
      return 'There was no full collection yet. V8 makes one when it needs one; “Collect now” makes one at once.';
    }
    const over = `${count(bases.length)} full ${bases.length === 1 ? 'collection' : 'collections'}`;
    if (collections(record) < LEAST_COLLECTIONS) {
      return record.isLive
        ? `${over} so far; a program that starts always grows, and a verdict takes some more.`
        : `There ${bases.length === 1 ? 'was' : 'were'} ${over}; a program that starts always grows, and a verdict takes more.`;
    }
    const half = bases.slice(-Math.ceil(bases.length / 2));
    const [least, most] = [half.reduce((a, b) => Math.min(a, b)), half.reduce((a, b) => Math.max(a, b))].map(bytes);
    const where = least === most ? `at ${least}` : `between ${least} and ${most}`;
    return `What collections leave behind stayed ${where} over the last ${count(half.length)} of ${count(bases.length)} measurements.`;
  }

  /** The figures beside the verdict: a name, a value, and what it means where that is not plain. */
  function figures(record, now = Date.now()) {
    if (!record?.history) return [];
    const { gc, raw } = record.history;
    const [, bases, pauses] = gc.columns;
    // A program that does not leak has some slope, too, which says nothing.
    const isRising = isGrowing(record.verdict);
    const rate = isRising
      ? change(record.verdict.bytesPerHour)
      : isEarly(record)
        ? '–'
        : 'none steady';
    const eta = isRising ? record.verdict.limitEta : null;
    return [
      ['Base', bytes(bases.at(-1))],
      ['Growth an hour', rate],
      ['Limit of the heap', Number.isFinite(eta) && eta > now ? `in ${duration(eta - now)}` : bytes(record.meta.limit)],
      ['Longest pause', pauses.length ? duration(pauses.reduce((a, b) => Math.max(a, b), 0)) : '–'],
      ['Full collections', count(collections(record))],
      ['Resident memory', bytes(raw.columns[raw.names.indexOf('rss')].at(-1))],
    ];
  }

  /** What a chart shows, in one sentence. */
  function chartText(name, record) {
    const { gc, raw } = record.history;
    const of = (table, column) => table.columns[table.names.indexOf(column)];
    if (name === 'memory') {
      const now = ['rss', 'total', 'external'].map((column) => bytes(of(raw, column).at(-1)));
      return `Line chart. Now: resident ${now[0]}, heap ${now[1]}, external ${now[2]}.`;
    }
    const bases = of(gc, 'base');
    if (bases.length === 0) return 'No full collection yet.';
    if (name === 'base') {
      return `Line chart. Base after each of ${count(bases.length)} collections: first ${bytes(bases[0])}, last ${bytes(bases.at(-1))}.`;
    }
    if (name === 'pauses') {
      const pauses = of(gc, 'pause');
      const longest = pauses.reduce((a, b) => Math.max(a, b), 0);
      return `Bar chart. Last pause ${duration(pauses.at(-1))}, longest ${duration(longest)}.`;
    }
    return `Line chart. ${count(of(gc, 'full').at(-1))} full collections and ${count(of(gc, 'others').at(-1))} others so far.`;
  }

  page.words = { called, title, evidence, figures, chartText, place, isEarly, isGrowing, since };
})((globalThis.memwatchPage ??= {}));
