'use strict';
// Suspects, classes that grew, and events, as tables. Each is redrawn from the record; an
// empty one gives the reason.

((page) => {
  const { bytes, change, count, percent, time, duration } = page.format;
  const { element, table, bar } = page.elements;

  const MOST_SUSPECTS = 8;
  const MOST_CLASSES = 20;

  const note = (text) => element('p', { class: 'empty' }, text);

  /** A function and its location; callers with the same bytes are below it. */
  function site({ callers = [], ...suspect }) {
    const isNative = Boolean(suspect.native && !suspect.file);
    const where = isNative ? 'outside of JavaScript' : page.words.place(suspect);
    const native = page.words.nativeOf(suspect);
    const names = callers.map((caller) => `${page.words.called(caller.function)} ${page.words.place(caller)}`);
    const label = page.words.labelled(suspect);
    return element(
      'span',
      { class: 'site' },
      element('span', { class: 'site-name' }, isNative ? suspect.function : page.words.called(suspect.function)),
      element(
        'span',
        { class: 'site-place', title: suspect.file },
        suspect.package ? `${suspect.package} · ${where}` : where,
      ),
      ...(names.length ? [element('span', { class: 'site-callers' }, `called by ${names.join(' ← ')}`)] : []),
      ...(native ? [element('span', { class: 'site-callers' }, native)] : []),
      ...(label ? [element('span', { class: 'site-callers' }, label)] : []),
    );
  }

  const keyOf = ({ function: name, file, line }) => `${name}\n${file.replace(/^file:\/\//, '')}:${line}`;

  /** The frames above each frame of a flame graph, by name and place. */
  function stacksOf(flame) {
    const above = new Map();
    const open = flame ? [[flame, new Set()]] : [];
    for (const [node, way] of open) {
      const key = `${node.name}\n${node.at}`;
      above.set(key, new Set([...(above.get(key) ?? []), ...way]));
      for (const child of node.children) open.push([child, new Set([...way, key])]);
    }
    return above;
  }

  // Bytes of a function and of its caller that differ by less are the same objects.
  const SAME_SHARE = 0.05;

  /** One row for each stack: functions of one stack that hold the same bytes are one leak, not several. */
  function folded(rows, flame) {
    const above = stacksOf(flame);
    const isAbove = (one, other) => above.get(keyOf(other))?.has(keyOf(one)) ?? false;
    const isSame = (one, other) => Math.abs(one.bytes - other.bytes) <= SAME_SHARE * Math.max(one.bytes, other.bytes);
    const kept = [];
    for (const row of rows) {
      const leaf = kept.find((other) => isSame(row, other) && (isAbove(row, other) || isAbove(other, row)));
      if (leaf === undefined) kept.push({ ...row, callers: [] });
      // The likeliest function of a stack keeps its row; its callers are listed next to it.
      else leaf.callers.push(row);
    }
    return kept;
  }

  /**
   * The rows of the table: those of the moment of the flame graph, the suspects first. Suspects that are not
   * among them are of another moment and come alone where there is nothing else. Allocations of native memory are never
   * among them: the flame graph is V8's heap.
   */
  function rowsOf({ sites, detectorState }) {
    if (sites.suspects.length === 0) return detectorState.suspects ?? [];
    if (!page.words.isKept(detectorState)) return sites.suspects;
    const native = (detectorState.suspects ?? []).filter((suspect) => suspect.native);
    const order = new Map((detectorState.suspects ?? []).map((suspect, i) => [keyOf(suspect), i]));
    const place = (row) => order.get(keyOf(row)) ?? order.size;
    const heap = [...sites.suspects].sort((a, b) => place(a) - place(b) || (b.growthBytes ?? 0) - (a.growthBytes ?? 0));
    return [...native, ...heap];
  }

  /** Why there are no allocation sites to show. */
  function whyNone({ sites, isLive }) {
    if (sites.why) return sites.why;
    if (sites.sampling === 'own') return 'Nothing was sampled yet.';
    return isLive ? 'Allocation sites are sampled once a leak is suspected.' : 'No allocation sites were sampled.';
  }

  /** Allocation sites that grow, or those that hold most. */
  function suspects(record) {
    const { sites, detectorState } = record;
    if (page.words.isFragmented(detectorState))
      return note('What grows is memory that the program has freed: no function keeps it.');
    if (sites.sampling === 'other') return note('Another tool samples the heap of this program, so memwatch does not.');
    const rows = folded(rowsOf(record), sites.flame).slice(0, MOST_SUSPECTS);
    if (rows.length === 0) return note(whyNone(record));
    const most = Math.max(...rows.map((row) => row.bytes ?? 0), 1);
    const columns = [
      { name: 'Function', cell: site },
      { name: 'Live bytes', isBar: true, cell: (row) => bar((row.bytes ?? 0) / most, bytes(row.bytes)) },
      { name: 'Growth', isNumber: true, cell: (row) => (row.growthBytes === null ? '–' : change(row.growthBytes)) },
      { name: 'Share', isNumber: true, cell: (row) => percent(row.share ?? NaN) },
    ];
    return table({ caption: 'Allocation sites, likeliest cause first', columns, rows, className: 'suspects' });
  }

  const DIFF_NOTES = {
    none: 'Begin a heap diff, let the program do the work you suspect, and end it here.',
    beginning: 'The first snapshot is being taken in a forked child; the program continues.',
    ending: 'The second snapshot is being taken and compared in a forked child; the program continues.',
  };

  /** What a heap diff found. @returns {Node[]} */
  function diff({ diff: found, isLive }, { isReport }) {
    const { state, start, rows, keepers, bytes: size, error } = found;
    if (state === 'none' && (isReport || !isLive)) return [note('No heap diff was made.')];
    if (error) return [note(`The heap diff failed: ${error}`)];
    if (state === 'open') {
      const kept = size > 0 ? `; its snapshot is kept in a temporary file of ${bytes(size)}` : '';
      return [note(`A heap diff has been open since ${time(start)}${kept}. End it to see which classes grew.`)];
    }
    if (state !== 'done') return [note(DIFF_NOTES[state])];
    const grown = rows.filter((row) => row.bytes > 0).slice(0, MOST_CLASSES);
    if (grown.length === 0) return [note('No class grew between the two moments.')];
    const most = grown[0].bytes;
    const columns = [
      { name: 'Class', cell: (row) => element('code', {}, row.what) },
      { name: 'Growth', isBar: true, cell: (row) => bar(row.bytes / most, change(row.bytes)) },
      { name: 'Came', isNumber: true, cell: (row) => count(row.came) },
      { name: 'Went', isNumber: true, cell: (row) => count(row.went) },
    ];
    const classes = table({ caption: 'Classes that grew, most first', columns, rows: grown });
    return keepers.length === 0 ? [classes] : [keptBy(keepers), classes];
  }

  /** The holders of the new objects, a sentence for each. */
  function keptBy(keepers) {
    const lines = keepers.map(({ what, path, came, bytes: size }) =>
      element('li', {}, `${count(came)} × ${what}, ${change(size)}: `, element('code', {}, path ?? '')),
    );
    return element('ul', { class: 'findings' }, ...lines);
  }

  function diffHint({ diff: { state, start, end, before, after, pauseMs } }, { isReport }) {
    if (state !== 'done') return isReport ? '' : 'Compares two snapshots by class, and names what keeps the growth.';
    const paused = Number.isFinite(pauseMs) ? ` The program was stopped for ${duration(pauseMs)} at the end.` : '';
    return `In ${duration(end - start)}, from ${time(start)} to ${time(end)}: ${bytes(before)} before, ${bytes(after)} after.${paused}`;
  }

  const EVENTS = {
    ...{ leak: 'Leak', 'leak-confirmed': 'Leak', 'leak-suspected': 'Suspected' },
    ...{ 'leak-paused': 'Paused', 'leak-resumed': 'Grows again', 'leak-cleared': 'Cleared' },
  };

  function events({ leaks, snapshots = [], isLive }) {
    const taken = snapshots.map((snapshot) => ({
      ...snapshot,
      time: snapshot.ended ?? snapshot.began,
      isSnapshot: true,
    }));
    const rows = [...leaks, ...taken].sort((a, b) => b.time - a.time);
    if (rows.length === 0) return note(isLive ? 'Nothing so far.' : 'Nothing.');
    const columns = [
      { name: 'Time', cell: (row) => time(row.time) },
      {
        name: 'Event',
        cell: (row) => {
          if (row.isSnapshot) return 'Snapshot';
          return row.detector === 'consecutive' ? 'Grew five times' : (EVENTS[row.event] ?? row.event);
        },
      },
      { name: 'Details', cell: (row) => (row.isSnapshot ? page.actions.progressOf(row) : page.words.said(row)) },
    ];
    return table({ caption: 'Events, newest first', columns, rows, className: 'events' });
  }

  function suspectsHint({ sites, detectorState }) {
    const as = sites.time && (sites.suspects.length > 0 || sites.flame) ? ` As of ${time(sites.time)}.` : '';
    if (sites.isLive === false && as) return `Found by sampling allocations at the last suspicion.${as}`;
    if (sites.sampling !== 'own') return '';
    return page.words.isKept(detectorState)
      ? `The functions whose live bytes grow, by sampled allocations. They allocate the objects; a snapshot shows what keeps them.${as}`
      : `By sampled allocations. No leak is suspected: large does not mean leaking.${as}`;
  }

  page.tables = { folded, suspects, suspectsHint, diff, diffHint, events };
})((globalThis.memwatchPage ??= {}));
