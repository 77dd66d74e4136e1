'use strict';
// Suspects, classes that grew, and what memwatch said, as tables. Each is drawn anew from the
// record; what there is none of says why.

((page) => {
  const { bytes, change, count, percent, time, duration } = page.format;
  const { element, table, bar } = page.elements;

  const MOST_SUSPECTS = 8;
  const MOST_CLASSES = 20;

  const note = (text) => element('p', { class: 'empty' }, text);

  /** A function and where it stands. */
  function site(suspect) {
    const where = page.words.place(suspect);
    return element(
      'span',
      { class: 'site' },
      element('span', { class: 'site-name' }, page.words.called(suspect.function)),
      element(
        'span',
        { class: 'site-place', title: suspect.file },
        suspect.package ? `${suspect.package} · ${where}` : where,
      ),
    );
  }

  /** Allocation sites that grow, or those that hold most. */
  function suspects({ sites, verdict }) {
    const isLeak = page.words.isGrowing(verdict) && verdict.suspects.length > 0;
    const rows = (isLeak ? verdict.suspects : sites.suspects).slice(0, MOST_SUSPECTS);
    if (sites.sampling === 'other') return note('Another tool samples the heap of this program, so memwatch does not.');
    if (rows.length === 0)
      return note(
        sites.why ??
          (sites.sampling === 'own'
            ? 'Nothing was sampled yet.'
            : 'Allocation sites are sampled once a leak is suspected.'),
      );
    const most = Math.max(...rows.map((row) => row.bytes ?? 0), 1);
    const columns = [
      { name: 'Function', cell: site },
      { name: 'Live bytes', isBar: true, cell: (row) => bar((row.bytes ?? 0) / most, bytes(row.bytes)) },
      { name: 'Growth', isNumber: true, cell: (row) => (row.growth === null ? '–' : change(row.growth)) },
      { name: 'Share', isNumber: true, cell: (row) => percent(row.share ?? NaN) },
    ];
    return table({ caption: 'Allocation sites, most suspect first', columns, rows, className: 'suspects' });
  }

  /** What a heap diff found. */
  function diff({ diff: { state, start, rows } }) {
    if (state === 'none') return note('Begin a heap diff, let the program do the work you suspect, and end it here.');
    if (state === 'open')
      return note(`A heap diff has been open since ${time(start)}. End it to see which classes grew.`);
    const grown = rows.filter((row) => row.bytes > 0).slice(0, MOST_CLASSES);
    if (grown.length === 0) return note('No class grew between the two moments.');
    const most = grown[0].bytes;
    const columns = [
      { name: 'Class', cell: (row) => element('code', {}, row.what) },
      { name: 'Growth', isBar: true, cell: (row) => bar(row.bytes / most, change(row.bytes)) },
      { name: 'Came', isNumber: true, cell: (row) => count(row.came) },
      { name: 'Went', isNumber: true, cell: (row) => count(row.went) },
    ];
    return table({ caption: 'Classes that grew, most first', columns, rows: grown });
  }

  function diffHint({ diff: { state, start, end, before, after } }) {
    if (state !== 'done')
      return 'Counts the objects of each class at two moments. Both stop the program, a large heap for seconds.';
    return `In ${duration(end - start)}, from ${time(start)} to ${time(end)}: ${bytes(before)} before, ${bytes(after)} after.`;
  }

  const EVENTS = { leak: 'Leak', 'leak-suspected': 'Suspected', 'leak-cleared': 'Cleared' };

  function events({ leaks }) {
    if (leaks.length === 0) return note('Nothing so far.');
    const columns = [
      { name: 'Time', cell: (row) => time(row.time) },
      {
        name: 'Event',
        cell: (row) => (row.detector === 'consecutive' ? 'Five in a row' : (EVENTS[row.event] ?? row.event)),
      },
      { name: 'In words', cell: (row) => (row.why ? `${row.why}; until then: ${row.reason}` : row.reason) },
    ];
    return table({ caption: 'Events, newest first', columns, rows: [...leaks].reverse(), className: 'events' });
  }

  function suspectsHint({ sites, verdict }) {
    if (sites.sampling !== 'own') return '';
    return page.words.isGrowing(verdict)
      ? 'The places whose live bytes grow, by a sample of allocations. They say who makes the objects; a snapshot says who keeps them.'
      : 'By a sample of allocations. No leak is suspected: large is not leaking.';
  }

  page.tables = { suspects, suspectsHint, diff, diffHint, events };
})((globalThis.memwatchPage ??= {}));
