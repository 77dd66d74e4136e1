'use strict';
// The state in words, its evidence, and a description of each chart for screen readers.
// Text only; the state itself comes from the program.

((page) => {
  const { bytes, change, duration, time, count, percent } = page.format;

  // Fewer bases say nothing: a program that starts always grows.
  const LEAST_COLLECTIONS = 5;

  const TITLES = {
    ok: 'No leak seen',
    suspected: 'A leak is suspected',
    confirmed: 'This program leaks',
    paused: 'Growth has paused, and its memory is still in use',
    cleared: 'No leak: the growth has ended',
  };

  const KINDS = {
    heap: 'The live heap',
    external: 'Memory outside of the heap (Buffers)',
    native: 'Memory outside of V8',
    threads: 'Memory of worker threads',
    handles: 'The number of open handles',
  };

  // A label with a smaller share is no lead.
  const LEAST_LABEL_SHARE = 0.1;

  // The index of the count of full GCs in a history.
  const FULL = 3;

  function isGrowing({ state }) {
    return state === 'suspected' || state === 'confirmed';
  }

  /** Whether there is evidence to show: it grows, or its growth is still kept. */
  const isKept = (detectorState) => isGrowing(detectorState) || detectorState.state === 'paused';

  /** Bytes of a kind of memory as they were measured: its times and its values. */
  function measured({ gc, raw }, kind) {
    const of = (name) => raw.columns[raw.names.indexOf(name)];
    if (kind === 'external') return [raw.columns[0], of('external')];
    if (kind !== 'native') return gc.columns;
    const [rss, total, external] = ['rss', 'total', 'external'].map(of);
    return [raw.columns[0], rss.map((value, i) => Math.max(0, value - total[i] - external[i]))];
  }

  /** The first sample from a moment on. The value of the fitted line at that moment was never measured. */
  function measuredFrom(history, kind, from) {
    const [times, values] = measured(history, kind);
    const at = times.findIndex((ms) => ms >= from);
    return at < 0 ? (values.at(-1) ?? NaN) : values[at];
  }

  function title(record) {
    if (!record) return 'Waiting for the program';
    if (isEarly(record))
      return record.isLive ? 'Not enough data yet' : 'The program ended before there was enough data';
    if (!record.isLive && record.detectorState.state === 'ok') return 'No leak seen before the program ended';
    const { state } = record.detectorState;
    return isFragmented(record.detectorState) ? FRAGMENTED : TITLES[state];
  }

  /** Whether what grows is memory that was freed: no function keeps it. As lib/run/ledger.js. */
  const isFragmented = ({ kind, nativeCause, state }) =>
    kind === 'native' && nativeCause === 'fragmentation' && ['suspected', 'confirmed'].includes(state);

  const FRAGMENTED = 'Fragmentation: memory that is freed stays with this program';

  const isEarly = (record) => record.detectorState.state === 'ok' && collections(record) < LEAST_COLLECTIONS;
  const collections = ({ history }) => history?.gc.columns[FULL].at(-1) ?? 0;

  /** When the heap limit is reached at this rate, in words; '' if that is far off or never. */
  function forecast({ detectorState, meta, isLive }, now) {
    const { limitEta } = detectorState;
    if (!isLive || !Number.isFinite(limitEta) || limitEta <= now) return '';
    const isContainer = detectorState.limit?.kind === 'container';
    const limit = isContainer
      ? `the container’s limit of ${bytes(detectorState.limit.bytes)}`
      : `the heap’s limit of ${bytes(meta.limit)}`;
    return ` At this rate ${limit} is reached in ${duration(limitEta - now)}, at ${time(limitEta, now)}.`;
  }

  /** Where most of the growth was allocated, in words. */
  function culprit({ detectorState, sites }) {
    const [first] = [...(detectorState.suspects ?? []), ...sites.suspects];
    if (!isKept(detectorState) || isFragmented(detectorState) || first === undefined) return '';
    const share = Number.isFinite(first.share) ? ` (${percent(first.share)} of it)` : '';
    const label = labelled(first);
    return ` Top allocation site: ${sited(first)}${share}${label && `, ${label}`}.`;
  }

  /** The labels under which the memory of a site grew; '' if unknown. As lib/label-words.js. */
  function labelled({ labels }) {
    const [first] = labels ?? [];
    if (!first?.name || !(first.share >= LEAST_LABEL_SHARE)) return '';
    return `${Math.round(first.share * 100)} % while ${first.kind === 'route' ? 'serving' : 'in'} ${first.name}`;
  }

  /** A function as people write it; an anonymous one has no parentheses. */
  const called = (name) => (name.startsWith('(') ? name : `${name}()`);

  // Folders that say nothing by themselves, and how many parts of a path are shown at most. As lib/places.js.
  const COMMON_FOLDER = /^(src|lib|dist|build|out|esm|cjs|\[.*\]|\(.*\))$/;
  const MOST_PARTS = 4;

  /** file:line, with the folder, which is there to be seen in a table. */
  function place({ file, line }) {
    const parts = file.replace(/^file:\/\//, '').split('/');
    let from = Math.max(0, parts.length - 2);
    while (from > Math.max(0, parts.length - MOST_PARTS) && COMMON_FOLDER.test(parts[from])) from--;
    const name = parts.slice(from).join('/');
    return name ? `${name}${Number.isFinite(line) ? `:${line}` : ''}` : 'a place without a file';
  }

  /** The native function that a suspect calls, or the owner of its memory; '' for other memory. As lib/places.js. */
  function nativeOf({ file, native }) {
    if (!native) return '';
    return file ? `by ${native.function}` : (native.object ?? '');
  }

  /** A suspect and its location; a native function that JavaScript did not call has none. */
  function sited(suspect) {
    const by = nativeOf(suspect);
    if (suspect.native && !suspect.file) return by ? `${suspect.function} (${by})` : suspect.function;
    return `${called(suspect.function)} at ${place(suspect)}${by && `, ${by}`}`;
  }

  /** What grew, from where to where, in how long. */
  function growth({ kind, base, current, start, end, samples, bytesPerHour }, history) {
    const what = KINDS[kind] ?? KINDS.heap;
    const from = measuredFrom(history, kind, start ?? -Infinity);
    const over = samples ? `, over ${count(samples)} full collections` : '';
    const first = Number.isFinite(from) ? from : Math.max(0, base ?? NaN);
    return `${what} grew from ${bytes(first)} to ${bytes(current)} in ${duration(end - start)}${over}: ${change(bytesPerHour)} an hour.`;
  }

  /** For paused growth: how much of it is still kept. */
  function paused({ detectorState, leaks = [] }) {
    const last = leaks.findLast(({ event }) => event === 'leak-paused');
    const { keptBytes = last?.keptBytes, start, end } = detectorState;
    const lasted = last?.lastedMs ?? end - start;
    const what = Number.isFinite(keptBytes) ? `${bytes(keptBytes)} added` : 'the memory added';
    const time = Number.isFinite(lasted) ? ` in ${duration(lasted)}` : '';
    const verb = Number.isFinite(keptBytes) ? 'are' : 'is';
    return `${KINDS[detectorState.kind] ?? KINDS.heap} does not grow at the moment, and ${what}${time} ${verb} still in use. A leak that grows with requests pauses when they do.`;
  }

  const sentence = (text) => (text ? ` ${text[0].toUpperCase()}${text.slice(1)}.` : '');
  /** Which part of native memory grows, and the remedy, if known. */
  const cause = ({ cause: what, advice }) => `${sentence(what)}${sentence(advice)}`;

  const collectionsInWords = (number) => `${count(number)} full ${number === 1 ? 'collection' : 'collections'}`;

  /** While there is too little data: the data so far, and what to do. */
  function early(record) {
    const number = collections(record);
    if (!record.isLive)
      return `There ${number === 1 ? 'was' : 'were'} ${collectionsInWords(number)}, too few to judge.`;
    const sofar = number === 0 ? 'There was no full collection yet.' : `${collectionsInWords(number)} so far.`;
    return `${sofar} Send the program traffic: detection takes about a minute of it. A program that has just started always grows.`;
  }

  function evidence(record, now = Date.now()) {
    if (!record?.history) return '';
    const { detectorState, history } = record;
    // Handles are counted: the sentence of the detector has how many.
    if (isKept(detectorState) && detectorState.kind === 'handles') return sentence(detectorState.reason).trim();
    if (isGrowing(detectorState))
      return `${growth(detectorState, history)}${cause(detectorState)}${forecast(record, now)}${culprit(record)}`;
    if (detectorState.state === 'paused') return `${paused(record)}${culprit(record)}`;
    if (isEarly(record)) return early(record);
    const bases = history.gc.columns[1];
    if (bases.length === 0) return '';
    const half = bases.slice(-Math.ceil(bases.length / 2));
    const [least, most] = [half.reduce((a, b) => Math.min(a, b)), half.reduce((a, b) => Math.max(a, b))].map(bytes);
    const where = least === most ? `at ${least}` : `between ${least} and ${most}`;
    return `The live heap stayed ${where} over the last ${count(half.length)} of ${collectionsInWords(bases.length)} seen here.`;
  }

  const EVENTS = {
    'leak-suspected': 'grows like a leak',
    leak: 'leaks',
    'leak-confirmed': 'leaks',
    'leak-paused': 'does not grow at the moment',
    'leak-cleared': 'no longer grows',
  };

  const ENDS = new Map([
    ['reclaimed', 'memory reclaimed'],
    ['stopped-growing', 'stopped growing'],
  ]);
  const ended = (why) => ENDS.get(why) ?? why;

  /** The report on growth, in the units of the dashboard. */
  function said({
    event,
    kind,
    growth: grown,
    bytesPerHour,
    keptBytes,
    lastedMs,
    start,
    time: end,
    reason,
    why,
    detector,
    suspect,
  }) {
    // The original rule has its own sentence, which programs may parse.
    if (kind === 'handles') return reason;
    if (detector !== 'trend' || !Number.isFinite(grown)) return why ? `${ended(why)}; until then: ${reason}` : reason;
    const ms = lastedMs ?? end - start;
    const size = `${change(grown)}${Number.isFinite(ms) && ms > 0 ? ` in ${duration(ms)}` : ''}`;
    const rate = Number.isFinite(bytesPerHour) ? `, ${change(bytesPerHour)} an hour` : '';
    const what = `${KINDS[kind] ?? KINDS.heap} ${EVENTS[event] ?? 'grows'}`;
    const by = suspect ? `; top allocation site: ${sited(suspect)}` : '';
    if (event === 'leak-cleared') return `${what} (${ended(why) ?? 'it stopped'}); it had grown by ${bytes(grown)}.`;
    if (event === 'leak-paused' && Number.isFinite(keptBytes))
      return `${what}: ${bytes(keptBytes)} are still in use${by}.`;
    return `${what}: ${size}${rate}${by}.`;
  }

  /** The figures next to the state: a name, a value, and its meaning if that is not obvious. */
  function figures(record, now = Date.now()) {
    if (!record?.history) return [];
    const { gc, raw } = record.history;
    const [, bases, pauses] = gc.columns;
    // A program without a leak has some slope too, which means nothing.
    const isRising = isGrowing(record.detectorState);
    const isCounted = record.detectorState.kind === 'handles';
    const rate = isRising
      ? isCounted
        ? '–'
        : change(record.detectorState.bytesPerHour)
      : isEarly(record)
        ? '–'
        : record.detectorState.state === 'paused'
          ? 'paused'
          : 'none';
    const eta = isRising && record.isLive ? record.detectorState.limitEta : null;
    const isNear = Number.isFinite(eta) && eta > now;
    const isContainer = record.detectorState.limit?.kind === 'container';
    const limit = isContainer
      ? ['Container limit', bytes(record.detectorState.limit.bytes)]
      : ['Heap limit', bytes(record.meta.limit)];
    return [
      ['Live heap', bytes(bases.at(-1))],
      ['Growth an hour', rate],
      isNear ? [isContainer ? 'Container full in' : 'Limit reached in', duration(eta - now)] : limit,
      ['Longest pause', pauses.length ? duration(pauses.reduce((a, b) => Math.max(a, b), 0)) : '–'],
      ['Full collections', count(collections(record))],
      ['Resident memory', bytes(raw.columns[raw.names.indexOf('rss')].at(-1))],
    ];
  }

  /** Rows of native memory, as lib/native-memory/words.js has them. */
  const PARTS = {
    resident: 'resident',
    v8Heap: 'V8 heaps',
    v8Code: 'V8 code',
    mallocInUse: 'malloc in use',
    mallocFree: 'malloc free',
    threadStacks: 'thread stacks',
    mappedFiles: 'mapped files',
    programData: 'program data',
    other: 'other',
  };

  /** The description of a chart, in one sentence. */
  function chartText(name, record) {
    const { gc, raw } = record.history;
    const of = (table, column) => table.columns[table.names.indexOf(column)];
    if (name === 'memory') {
      const now = ['rss', 'total', 'external'].map((column) => bytes(of(raw, column).at(-1)));
      return `Line chart. Now: resident ${now[0]}, heap ${now[1]}, external ${now[2]}.`;
    }
    if (name === 'native') {
      const native = record.history.native;
      const known = native.names.slice(1).filter((column) => Number.isFinite(of(native, column).at(-1)));
      const parts = known.map((column) => `${PARTS[column]} ${bytes(of(native, column).at(-1))}`);
      return parts.length === 0 ? 'No measurement yet.' : `Stacked chart. Now: ${parts.join(', ')}.`;
    }
    const bases = of(gc, 'base');
    if (name !== 'collections' && bases.length === 0) return 'No full collection yet.';
    if (name === 'base') {
      return `Line chart. Live heap after each of ${count(bases.length)} collections: first ${bytes(bases[0])}, last ${bytes(bases.at(-1))}.`;
    }
    if (name === 'pauses') {
      const pauses = of(gc, 'pause');
      const longest = pauses.reduce((a, b) => Math.max(a, b), 0);
      return `Bar chart. Last pause ${duration(pauses.at(-1))}, longest ${duration(longest)}.`;
    }
    const [full, young] = ['full', 'young'].map((column) => count(of(raw, column).at(-1)));
    return `Line chart. ${full} full collections and ${young} minor ones so far.`;
  }

  page.words = {
    called,
    labelled,
    nativeOf,
    title,
    evidence,
    figures,
    chartText,
    place,
    isEarly,
    isFragmented,
    isGrowing,
    isKept,
    said,
  };
})((globalThis.memwatchPage ??= {}));
