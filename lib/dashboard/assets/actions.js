'use strict';
// The buttons: their labels, the actions they request, the results, and the snapshots taken.
// An action that would stop the program is confirmed first, with its cost.

((page) => {
  const { byId, element, setText, arrange } = page.elements;
  const { bytes, duration, time, count } = page.format;

  const BUTTONS = {
    collect: {
      label: 'Collect now',
      needs: 'collect',
      about: 'One full collection; stops the program for as long as one takes.',
    },
    diff: {
      label: 'Begin heap diff',
      needs: 'diff',
      about: 'A first snapshot, to compare with a second one later. A forked child takes each; the program continues.',
    },
    snapshot: {
      label: 'Write a snapshot',
      needs: 'snapshot',
      about:
        'A .heapsnapshot file in the program’s snapshot directory. A forked child writes it; the program continues.',
    },
    profile: {
      label: 'Download .heapprofile',
      needs: 'profile',
      about: 'The sampled allocations, for Chrome DevTools or speedscope.',
    },
  };

  /** The same button before sampling has started. */
  const SAMPLE = {
    label: 'Sample allocations',
    about: 'From now on, to find the functions that allocate retained objects. Costs very little.',
  };

  const END_ABOUT = 'The second snapshot, compared in its forked child: classes that grew, and what keeps them.';

  const paused = ({ pauseMs }) =>
    Number.isFinite(pauseMs) ? `; the program was stopped for ${duration(pauseMs)}` : '';

  const OUTCOMES = {
    sample: () => 'Allocations are being sampled.',
    collect: () => 'Collected.',
    'start-diff': (taken) => `The first snapshot is taken${paused(taken)}.`,
    'end-diff': (taken) => `The two snapshots are compared: see “Classes that grew”${paused(taken)}.`,
    'cancel-diff': () => 'The heap diff is cancelled.',
    snapshot: (taken) => `The snapshot is written${paused(taken)}.`,
  };

  /** The action, if the program has to be stopped for it. */
  const STOPS = { 'start-diff': 'begin the heap diff', 'end-diff': 'end the heap diff', snapshot: 'take a snapshot' };

  let store;
  /** The requested action and its program. */
  let asked = null;

  function make(of) {
    store = of;
    for (const [name, { label, about }] of Object.entries(BUTTONS)) {
      const button = element(
        'button',
        { type: 'button', id: `do-${name}`, 'aria-describedby': `about-${name}`, onclick: () => press(name) },
        label,
      );
      byId('buttons').append(element('div', { class: 'action' }, button, element('p', { id: `about-${name}` }, about)));
    }
    byId('ask-cancel').addEventListener('click', () => answer(false));
    byId('ask-go').addEventListener('click', () => answer(true));
    byId('ask').addEventListener('keydown', ({ key }) => key === 'Escape' && answer(false));
  }

  /** The label of the diff button while one is taken. */
  const DIFF_LABELS = { beginning: 'Taking the first snapshot…', open: 'End heap diff', ending: 'Comparing…' };

  function draw({ id, meta, diff, isLive }) {
    for (const [name, { needs, about }] of Object.entries(BUTTONS)) {
      const canSample = name === 'profile' && meta.actions.sample === null;
      const why = isLive ? (canSample ? null : (meta.actions[needs] ?? null)) : 'The program has ended.';
      byId(`do-${name}`).setAttribute('aria-disabled', String(why !== null));
      setText(byId(`about-${name}`), why ?? (canSample ? SAMPLE.about : about));
    }
    setText(byId('do-profile'), meta.actions.sample === null ? SAMPLE.label : BUTTONS.profile.label);
    setText(byId('do-diff'), DIFF_LABELS[diff.state] ?? BUTTONS.diff.label);
    if (['beginning', 'ending'].includes(diff.state)) byId('do-diff').setAttribute('aria-disabled', 'true');
    if (isLive && diff.state === 'open') setText(byId('about-diff'), END_ABOUT);
    // A question about another program is not answered for this one.
    if (asked !== null && asked.id !== id) close();
  }

  function press(name) {
    const button = byId(`do-${name}`);
    const { record } = store;
    if (!record || button.getAttribute('aria-disabled') === 'true') return undefined;
    const action = actionOf(name, record);
    return action === 'profile' ? download(record.id) : run(record.id, action, button);
  }

  /** Runs the action in the program. A double press counts once. */
  async function run(id, action, button, suffix = '') {
    if (button.hasAttribute('aria-busy')) return;
    button.setAttribute('aria-busy', 'true');
    setText(byId('outcome'), 'Working…');
    try {
      const done = (await page.connection.act(id, action + suffix)) ?? {};
      if (done.mustStop) return ask(id, action, button, done.mustStop);
      setText(byId('outcome'), OUTCOMES[action](done));
    } catch (error) {
      setText(byId('outcome'), error.message);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  /** What it costs to stop the program, and whether it may be stopped. */
  function ask(id, action, button, cost) {
    asked = { id, action, button };
    const { name } = store.records.get(id)?.meta ?? { name: 'the program' };
    setText(byId('outcome'), '');
    setText(byId('ask-words'), costInWords(name, action, cost));
    setText(byId('ask-go'), `Stop ${name} and ${STOPS[action]}`);
    byId('ask').hidden = false;
    byId('ask-cancel').focus();
  }

  function costInWords(name, action, { heapBytes, leastMs, mostMs, memoryBytes, rss, why }) {
    const time =
      leastMs === mostMs ? `about ${duration(leastMs)}` : `between ${duration(leastMs)} and ${duration(mostMs)}`;
    const reason = why ? ` A forked child cannot do it: ${why}.` : '';
    return `To ${STOPS[action]}, ${name} has to be stopped.${reason} Its heap is ${bytes(heapBytes)}, so it does not respond for ${time}, and needs about ${bytes(memoryBytes)} more than its present ${bytes(rss)} during that time.`;
  }

  function close() {
    asked = null;
    byId('ask').hidden = true;
  }

  function answer(isYes) {
    if (asked === null) return;
    const { id, action, button } = asked;
    close();
    button.focus();
    if (isYes) run(id, action, button, '-stopped');
    else setText(byId('outcome'), 'Nothing was done.');
  }

  function actionOf(name, { diff, meta }) {
    if (name === 'diff') return diff.state === 'open' ? 'end-diff' : 'start-diff';
    return name === 'profile' && meta.actions.sample === null ? 'sample' : name;
  }

  function download(id) {
    const link = element('a', { href: `profile?${id}`, download: '' });
    document.body.append(link);
    link.click();
    link.remove();
    setText(byId('outcome'), 'The profile is being downloaded.');
  }

  // ------------------------------------------------------------ snapshots

  const STAGES = {
    waiting: 'waiting for its turn',
    taking: 'V8 traverses the heap',
    writing: 'writing',
    analyzing: 'analyzing',
  };

  /** The progress of a snapshot, or its result. */
  function progressOf({ state, stage, bytes: size, file, pauseMs, error, began, ended }) {
    if (state === 'running') {
      const far = size > 0 ? `, ${bytes(size)} so far` : '';
      return `${STAGES[stage] ?? 'being taken'}${far}, since ${time(began)}`;
    }
    if (state === 'failed') return `not taken: ${error ?? 'the program ended before it was done'}`;
    const took = ended > began ? `; it took ${duration(ended - began)}` : '';
    return `${file}, ${bytes(size)}${paused({ pauseMs })}${took}`;
  }

  const TRIGGERS = {
    dashboard: 'requested here or by memwatch snapshot',
    signal: 'requested by a signal',
    leak: 'at a leak',
    'near-heap-limit': 'near the limit of the heap',
  };

  // An unknown one, of a later memwatch, is shown by its name.
  const triggerOf = (trigger) => TRIGGERS[trigger] ?? trigger;

  function analysisOf(record, { number, state, analysis }) {
    if (state !== 'done') return [];
    if (analysis?.state === 'running')
      return [element('p', { class: 'hint' }, 'Being analysed in a separate process…')];
    const again = element(
      'button',
      { type: 'button', class: 'quiet', onclick: ({ currentTarget }) => analyse(record.id, number, currentTarget) },
      analysis?.state === 'done' ? 'Analyse again' : 'Analyse',
    );
    if (!record.isLive && !analysis) return [again];
    if (analysis?.state === 'failed') return [element('p', {}, `Not analysed: ${analysis.error}`), again];
    if (analysis?.state !== 'done') return [again];
    const many = analysis.findingCount === 1 ? '1 leak candidate' : `${count(analysis.findingCount)} leak candidates`;
    const link = element(
      'a',
      { href: `report?${record.id}.${number}`, target: '_blank', rel: 'noopener' },
      'Open the report',
    );
    const sentences = analysis.sentences.map((sentence) => element('li', {}, sentence));
    return [element('p', {}, `${many}. `, link), element('ul', { class: 'findings' }, ...sentences)];
  }

  async function analyse(id, number, button) {
    button.setAttribute('aria-disabled', 'true');
    try {
      await page.connection.act(id, 'analyse', number);
    } catch (error) {
      setText(byId('outcome'), error.message);
    }
  }

  /** Newest first; an unchanged one is not recreated, so that a button stays under the pointer. */
  function drawSnapshots(record) {
    const known = new Map([...byId('snapshots').children].map((box) => [box.dataset.key, box]));
    const boxes = [...(record.snapshots ?? [])].reverse().map((taken) => {
      const key = JSON.stringify([record.id, record.isLive, taken]);
      if (known.has(key)) return known.get(key);
      return element(
        'article',
        { class: 'snapshot', 'data-key': key, 'data-state': taken.state },
        element('h3', {}, `Snapshot of ${time(taken.began)}, ${triggerOf(taken.trigger)}`),
        element('p', { class: 'snapshot-words' }, progressOf(taken)),
        ...analysisOf(record, taken),
      );
    });
    arrange(byId('snapshots'), boxes);
  }

  page.actions = { make, draw, drawSnapshots, progressOf };
})((globalThis.memwatchPage ??= {}));
