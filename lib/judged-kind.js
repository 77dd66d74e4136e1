'use strict';
// A kind of growth that JavaScript judges, in addition to those of the addon: the events that follow a change of its
// state, their fields, and its rank among the other kinds. Judges nothing.

/** What stands for each change. @type {Record<string, string>} */
const EVENTS = {
  suspected: 'leak-suspected',
  confirmed: 'leak',
  paused: 'leak-paused',
  resumed: 'leak-resumed',
  reclaimed: 'leak-cleared',
  'stopped-growing': 'leak-cleared',
};

const RANKS = ['ok', 'suspected', 'paused', 'confirmed'];

/** A share as it is reported: more digits would claim more than is known. @param {number} share */
const hundredths = (share) => Math.floor(share * 100) / 100;

/** Whether this change ends the growth. @param {string} change */
const isOver = (change) => EVENTS[change] === 'leak-cleared';

/**
 * Publishes what has changed.
 * @param {string[]} changes
 * @param {(name: string, payload: object) => void} announce
 * @param {(change: string) => object} eventOf
 */
function announceChanges(changes, announce, eventOf) {
  for (const change of changes) {
    try {
      if (change === 'confirmed') announce('leak-confirmed', { ...eventOf(change), wasReported: false });
    } finally {
      announce(EVENTS[change], eventOf(change));
    }
  }
}

/**
 * The payload of an event.
 * @param {string} change
 * @param {Record<string, any>} now  the state of this kind, as detectorState() has it
 * @param {{ reason: string, keptBytes: number, wasConfirmed: boolean, lastedS: number, whyNoSuspects: string }} told
 */
function eventOf(change, now, { reason, keptBytes, wasConfirmed, lastedS, whyNoSuspects }) {
  const { kind, state, confidence, bytesPerHour, limitEta, limit, suspects } = now;
  /** @type {Record<string, any>} */
  const event = {
    start: now.start,
    end: now.end,
    growth: now.growthBytes,
    reason,
    detector: 'trend',
    kind,
    // Where both come at once the first says what it was then.
    state: change === 'suspected' || change === 'paused' ? change : isOver(change) ? 'cleared' : state,
    ...{ confidence, bytesPerHour, limitEta, limit, suspects },
    suspectsAt: suspects.length > 0 ? now.end : null,
    whyNoSuspects: suspects.length > 0 ? null : whyNoSuspects,
  };
  if (change === 'paused' || isOver(change)) {
    Object.assign(event, { keptBytes, wasConfirmed, lastedMs: Math.floor(lastedS * 1000) });
  }
  if (isOver(change)) event.why = change;
  return event;
}

/**
 * The state of all kinds so far with another one, which comes first where it is worse.
 * @param {Record<string, any>} state
 * @param {Record<string, any>} own  as it stands in `kinds`
 * @param {{ reason: string, leftOut: string[] }} how  what of it is only there
 */
function joinedWith(state, own, { reason, leftOut }) {
  const kinds = { ...state.kinds, [own.kind]: own };
  if (RANKS.indexOf(own.state) <= RANKS.indexOf(state.state)) return { ...state, kinds };
  const common = Object.fromEntries(Object.entries(own).filter(([name]) => !leftOut.includes(name)));
  const suspects = own.suspects ?? [];
  return { ...state, ...common, suspects, suspectsAt: suspects.length > 0 ? own.end : null, reason, kinds };
}

module.exports = { announceChanges, eventOf, hundredths, isOver, joinedWith };
