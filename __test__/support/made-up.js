'use strict';
// A synthetic program, in the messages of its agent: one that leaks, and one that does
// not. The same in every run.

const MINUTE_MS = 60_000;
const MIB = 1 << 20;
const SECONDS = 120;

/** The messages of some seconds: a sawtooth of garbage on a live heap that grows at a rate. */
function measurements({ from, growth }) {
  const messages = [];
  for (let second = 0; second < SECONDS; second++) {
    const time = from + second * 1000;
    const base = 20 * MIB + second * growth;
    const garbage = ((second * 7) % 20) * MIB;
    messages.push({
      type: 'raw',
      value: [
        time,
        base + garbage,
        64 * MIB,
        3 * MIB,
        MIB,
        110 * MIB + second * growth,
        MIB / 4,
        1 + ((second / 5) | 0),
        second * 3,
      ],
    });
    if (second % 5 === 4) {
      messages.push({
        type: 'gc',
        value: [time + 300, base + ((second * 3) % 4) * 1e4, 4 + (second % 3), 1 + ((second / 5) | 0), second * 3, 0],
      });
    }
  }
  return messages;
}

const suspect = (name, file, line, bytes, share, of = null) => ({
  ...{ function: name, file, line, column: 5, package: of },
  ...{ bytes, growthBytes: bytes * 0.9, share, ageSpread: 0.9 },
});

const SUSPECTS = [
  suspect('refreshSubscription', '/srv/app/subscription.js', 37, 40 * MIB, 0.86),
  suspect('EmailTemplate', '/srv/app/email-template.js', 22, 5 * MIB, 0.11),
  suspect('parse', '/srv/app/node_modules/qs/lib/parse.js', 12, MIB / 2, 0.01, 'qs'),
];

const frame = (name, at, bytes, children = []) => ({ name, at, bytes, children });

const FLAME = frame('all', '', 50 * MIB, [
  frame('listOnTimeout', 'node:internal/timers:581', 46 * MIB, [
    frame('refreshSubscription', '/srv/app/subscription.js:37', 45 * MIB, [
      frame('EmailTemplate', '/srv/app/email-template.js:22', 44 * MIB, [
        frame('toString', 'node:buffer:830', 38 * MIB),
        frame('(anonymous)', '/srv/app/email-template.js:27', 5 * MIB),
      ]),
    ]),
  ]),
  frame('handle', '/srv/app/node_modules/express/lib/router/index.js:136', 3 * MIB, [
    frame('parse', '/srv/app/node_modules/qs/lib/parse.js:12', MIB / 2),
  ]),
  frame('(GC)', '', MIB),
]);

/** A program that leaks, confirmed. */
function leaking(now = Date.now()) {
  const from = now - 2 * MINUTE_MS;
  const growth = MIB / 2;
  const [base, current] = [20 * MIB, 80 * MIB];
  const detectorState = {
    ...{
      state: 'confirmed',
      kind: 'heap',
      confidence: 0.97,
      bytesPerHour: growth * 3600,
      limitEta: now + 66 * MINUTE_MS,
    },
    ...{ start: from, end: now, base, current, samples: 24, reason: 'heap grows', suspects: SUSPECTS },
  };
  const leak = (event, time, state) => ({
    type: 'leak',
    value: {
      event,
      time,
      start: from,
      growth: 30 * MIB,
      bytesPerHour: growth * 3600,
      suspect: SUSPECTS[0],
      reason: `heap grows by 1.8 GiB an hour: ${state}`,
      detector: 'trend',
      kind: 'heap',
      state,
    },
  });
  return [
    ...measurements({ from, growth }),
    leak('leak-suspected', now - 80_000, 'suspected'),
    leak('leak', now - 40_000, 'confirmed'),
    { type: 'sites', value: { sampling: 'own', suspects: SUSPECTS, flame: FLAME } },
    { type: 'detectorState', value: detectorState },
  ];
}

/** A program that does not leak. */
function healthy(now = Date.now()) {
  return [
    ...measurements({ from: now - 2 * MINUTE_MS, growth: 0 }),
    { type: 'sites', value: { sampling: false, suspects: [] } },
    { type: 'detectorState', value: { state: 'ok', kind: 'heap', confidence: 0, bytesPerHour: 0 } },
  ];
}

module.exports = { leaking, healthy, SUSPECTS };
