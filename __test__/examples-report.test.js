'use strict';
// What the demo makes of given numbers: its conclusion, and its text to the letter. No process,
// no heap.

const assert = require('node:assert/strict');
const test = require('node:test');
const report = require('../examples/subscription-app/report.js');
const { SUSPECTS, judge } = require('../examples/subscription-app/judge.js');

const LEAK = {
  growth: 1,
  reason: 'heap growth over 5 consecutive GCs (2s) - 15529.54 mb/hr',
  suspects: [{ function: 'refreshSubscription', file: '/srv/app/subscription.js', line: 37 }],
};

function row(what, size_bytes, allocated, freed) {
  return { what, size_bytes, '+': allocated, '-': freed };
}

function diffOf(details) {
  return {
    before: { size: '7.05 mb' },
    after: { size: '50.87 mb' },
    change: { size: '43.82 mb', details },
  };
}

function leakingDiff() {
  return diffOf([
    row('Array', 863386, 455, 13),
    row('Closure', 12872, 233, 1),
    row('Code', -2048, 10, 40),
    row('EmailTemplate', 8000, 200, 0),
    row('EmailTemplateNode', 4267704, 106671, 0),
    row('String', 40443576, 18361, 3),
    row('system / Context', 8360, 209, 0),
  ]);
}

test('a leak event and growth of all suspects prove a leak', () => {
  assert.deepEqual(judge({ diff: leakingDiff(), leaks: [LEAK], subscribers: 10 }), {
    guilty: SUSPECTS,
    missing: [],
    leaks: 1,
    templates: 200,
    proven: true,
  });
});

test('growth without a leak event proves nothing', () => {
  assert.equal(judge({ diff: leakingDiff(), leaks: [], subscribers: 10 }).proven, false);
});

test('a suspect that alone did not grow is reported as missing', () => {
  for (const what of SUSPECTS) {
    const details = leakingDiff().change.details.filter((row) => row.what !== what);
    const result = judge({ diff: diffOf(details), leaks: [LEAK], subscribers: 10 });
    assert.equal(result.proven, false);
    assert.ok(result.missing.includes(what));
  }
});

test('one e-mail per subscriber is no leak, however many parts it has', () => {
  const diff = diffOf([row('EmailTemplate', 400, 10, 0), row('EmailTemplateNode', 160_000, 5000, 0)]);
  assert.deepEqual(judge({ diff, leaks: [LEAK], subscribers: 10 }).guilty, []);
});

test('the stats are in columns under their heading, with the leak between them', () => {
  const stats = (num_full_gc, current_base, usage_trend, rss, pause_ms) =>
    report.statsLine({ num_full_gc, current_base, usage_trend, rss, pause_ms });
  assert.equal(
    [
      report.statsHeading(),
      stats(9, 950_000, 0, 113_235_722, 20.456),
      report.leakLine(LEAK),
      stats(10, 1_073_741_824, 12.5, 2_147_483_648, 1234.5),
      stats(11, 9_531_555, -3.1, 113_235_722, 0.04),
    ].join('\n'),
    `
  gc        base     trend         rss       pause
   9   927.73 kb     0.0 %   107.99 mb     20.5 ms
  LEAK  heap growth over 5 consecutive GCs (2s) - 15529.54 mb/hr
        refreshSubscription() at subscription.js:37
  10  1024.00 mb   +12.5 %  2048.00 mb   1234.5 ms
  11     9.09 mb    -3.1 %   107.99 mb      0.0 ms`.slice(1),
  );
});

test('the classes are sorted by size, the guilty ones marked, the smallest omitted', () => {
  const small = Array.from({ length: 8 }, (_, i) => row(`Small${i}`, 100_000 + i, 1, 0));
  const diff = diffOf([...leakingDiff().change.details, ...small]);
  assert.equal(
    report.diffTable(diff, { suspects: SUSPECTS, guilty: SUSPECTS.slice(0, 2), requests: 1784 }),
    `

What the heap gained meanwhile, after 1784 requests: 7.05 mb before, 50.87 mb after, 43.82 mb more

  class                   size  allocated  freed
  String              38.57 mb     +18361     -3
> EmailTemplateNode    4.07 mb    +106671      0
  Array              843.15 kb       +455    -13
  Small7              97.66 kb         +1      0
  Small6              97.66 kb         +1      0
  Small5              97.66 kb         +1      0
  Small4              97.66 kb         +1      0
  Small3              97.66 kb         +1      0
  Small2              97.66 kb         +1      0
  Small1              97.66 kb         +1      0
  Closure             12.57 kb       +233     -1
  system / Context     8.16 kb       +209      0
> EmailTemplate        7.81 kb       +200      0
  and 2 classes that gained less or nothing
`.slice(1),
  );
});

test('a class that lost as much as it gained, or more, is shown only as a suspect', () => {
  const diff = diffOf([
    row('Code', -1, 2, 3),
    row('EmailTemplate', -3, 10, 10),
    row('Map', 0, 1, 1),
    row('Set', 64, 1, 0),
  ]);
  assert.equal(
    report.diffTable(diff, { suspects: SUSPECTS, guilty: [], requests: 1 }).split('\n\n')[1],
    `
  class             size  allocated  freed
  Set            0.06 kb         +1      0
  EmailTemplate  0.00 kb        +10    -10
  and 2 classes that gained less or nothing
`.slice(1),
  );
});

test('the conclusion is one line, and names missing evidence if the leak is not shown', () => {
  const result = { guilty: [], leaks: 0, templates: 3 };
  assert.equal(
    report.conclusion({ ...result, leaks: 4, missing: [], templates: 200, proven: true }),
    'Found: 200 more EmailTemplates than before, each held by a Closure and its Context. Why: subscription.js.',
  );
  assert.equal(
    report.conclusion({ ...result, missing: ['EmailTemplate', 'String'], proven: false }),
    'No leak shown: there was no leak event; no growth as of a leak in EmailTemplate, String.',
  );
});
