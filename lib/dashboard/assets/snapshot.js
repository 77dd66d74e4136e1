'use strict';
// The page of one heap snapshot: suspects, treemap, classes. Its data is in it; it asks nobody.

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
    byId('verdict').dataset.state = findings.some(({ confidence }) => confidence === 'probable')
      ? 'confirmed'
      : findings.length || words.dominating
        ? 'suspected'
        : 'ok';
    const many = findingCount === 1 ? '1 leak candidate' : `${count(findingCount)} leak candidates`;
    const none = words.dominating ? 'One object keeps much of the heap' : 'No leak candidate';
    setText(byId('verdict-title'), findings.length ? many : none);
    setText(
      byId('verdict-evidence'),
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
          ...path(finding.path),
          element('p', { class: 'hint' }, words.advice[i]),
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
