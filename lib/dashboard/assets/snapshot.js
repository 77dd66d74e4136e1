'use strict';
// The report page of one heap snapshot: candidates, treemap, classes. It contains its data and makes no request.

((page) => {
  const { bytes, count, day, percent, time } = page.format;
  const { element, table, bar, byId, setText } = page.elements;

  const MOST_CLASSES = 25;

  const { time: made, file, page: data } = JSON.parse(byId('report').textContent);
  const { analysis, words, classes, tree } = data;
  const { snapshot, findings, findingCount, totalBytes } = analysis;

  function drawHead() {
    const name = file.split('/').at(-1);
    document.title = `${name} · memwatch`;
    setText(byId('snapshot'), name);
    setText(byId('made'), `report of ${day(made)}, ${time(made, made)}`);
    byId('status').dataset.state = findings.some(({ certainty }) => certainty === 'probable')
      ? 'confirmed'
      : findings.length || words.dominating
        ? 'suspected'
        : 'ok';
    const many = findingCount === 1 ? '1 leak candidate' : `${count(findingCount)} leak candidates`;
    const none = words.dominating ? 'One object keeps much of the heap' : 'No leak candidate';
    setText(byId('status-title'), findings.length ? many : none);
    setText(
      byId('status-evidence'),
      findings.length
        ? words.sentences[0]
        : (words.dominating ??
            'Nothing in this heap resembles a leak. Two snapshots show more than one: memwatch diff.'),
    );
    const figures = [
      ['Size', bytes(totalBytes)],
      ['Objects', count(snapshot.nodes)],
      ['Classes', count(classes.classCount ?? classes.classes.length)],
    ];
    byId('figures').append(
      ...figures.map(([term, value]) =>
        element('div', { class: 'figure' }, element('dt', {}, term), element('dd', {}, value)),
      ),
    );
  }

  /** A trace, a row for each reference; the one to cut is marked in words. */
  function trace({ steps, cut, kind, docs }) {
    const rows = steps.map((step, at) => ({ ...step, isCut: at === cut }));
    const place = ({ position }) => (position?.script ? `${position.script}:${position.line}:${position.column}` : '');
    const columns = [
      {
        name: 'Wanted?',
        cell: ({ isCut, expectation }) => (isCut ? element('strong', { class: 'cut' }, 'cut here') : expectation),
      },
      { name: 'Reference', cell: ({ reference }) => element('code', {}, reference) },
      {
        name: 'Object',
        cell: ({ class: name, id, times }) =>
          element('code', {}, `${name} @${id}${times > 1 ? `, … (× ${count(times)})` : ''}`),
      },
      { name: 'Source', cell: (step) => element('code', {}, place(step)) },
    ];
    return [
      table({ caption: 'From the root to the objects', columns, rows, className: 'trace' }),
      element('p', { class: 'hint' }, element('a', { href: docs, rel: 'noreferrer' }, `This kind of leak: ${kind}`)),
    ];
  }

  /** Copies a candidate as Markdown; where the browser does not let it, shows it to be copied by hand. */
  function copyButton(markdown) {
    const button = element('button', { type: 'button' }, 'Copy as Markdown');
    const by = element('p', { class: 'copy', role: 'status' });
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(markdown);
        by.replaceChildren('Copied.');
      } catch {
        const text = element('textarea', { readonly: '', rows: '12', 'aria-label': 'The candidate as Markdown' });
        text.value = markdown;
        by.replaceChildren(text);
        text.select();
      }
    });
    return [button, by];
  }

  /** An access path, with a place to break behind each arrow. */
  function path({ text, parts }) {
    const places = new Map(
      parts.filter(({ position }) => position?.script).map(({ text: part, position }) => [part, position]),
    );
    const lines = [...places].map(([part, { script, line, column }]) =>
      element('li', {}, element('code', {}, `${part}  ${script}:${line}:${column}`)),
    );
    return [element('p', { class: 'path' }, element('code', {}, text)), element('ul', { class: 'places' }, ...lines)];
  }

  function drawSuspects() {
    if (words.dominating) {
      const { share, path: way } = analysis.dominating;
      byId('suspects').append(
        element(
          'article',
          { class: 'suspect' },
          element('h3', {}, words.dominating),
          bar(share, percent(share)),
          ...path(way),
        ),
      );
      if (findings.length === 0) return;
    }
    if (findings.length === 0) {
      byId('suspects').append(element('p', { class: 'empty' }, 'None.'));
      return;
    }
    byId('suspects').append(
      ...findings.map((finding, i) =>
        element(
          'article',
          { class: 'suspect' },
          element('h3', {}, `${i + 1}. ${words.sentences[i]}`),
          bar(finding.share, percent(finding.share)),
          element('p', { class: 'path' }, element('code', {}, finding.path.text)),
          ...trace(finding.trace),
          element('p', { class: 'hint' }, words.advice[i]),
          ...copyButton(words.markdown[i]),
          element(
            'pre',
            {},
            finding.next
              .map(
                ({ command, target }) =>
                  `npx memwatch ${command} ${file} ${/^[\w@]+$/.test(target) ? target : `'${target.replaceAll("'", "'\\''")}'`}`,
              )
              .join('\n'),
          ),
        ),
      ),
    );
  }

  function drawClasses(part = '') {
    const wanted = part.toLowerCase();
    const rows = classes.classes.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, MOST_CLASSES);
    const most = rows.reduce((largest, row) => Math.max(largest, row.retainedBytes ?? 0), 1);
    const columns = [
      { name: 'Class', cell: (row) => element('code', {}, row.name) },
      { name: 'Retained', isBar: true, cell: (row) => bar((row.retainedBytes ?? 0) / most, bytes(row.retainedBytes)) },
      { name: 'Itself', isNumber: true, cell: (row) => bytes(row.shallowBytes) },
      { name: 'Objects', isNumber: true, cell: (row) => count(row.instances) },
    ];
    const content = rows.length
      ? table({ caption: 'Classes, largest retained size first', columns, rows })
      : element('p', { class: 'empty' }, 'No class name contains that.');
    byId('classes').replaceChildren(content);
  }

  drawHead();
  drawSuspects();
  new page.treemap.Treemap(byId('tree'), tree);
  drawClasses();
  byId('filter').addEventListener('input', ({ target }) => drawClasses(target.value));
  byId('noticed').append(...words.noticed.map((line) => element('li', {}, line)));
  byId('noticed-card').hidden = words.noticed.length === 0;
})((globalThis.memwatchPage ??= {}));
