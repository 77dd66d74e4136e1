// What one run means: found or not by each detector, in time or late, or a false alarm. Plain data in, plain data out;
// runs nothing and prints nothing.

/** A leak is to be found before it has grown by this, in bytes, by its pace. At full speed the heap limit counts. */
export const GROWTH_LIMITS = { calm: 64 * 2 ** 20, middle: 150 * 2 ** 20 };

/** A leak at full speed is to be found before the base reaches this part of the heap limit. */
const FULL_SHARE = 1 / 4;

/** The original rule, and ours. */
export const DETECTORS = ['consecutive', 'trend'];

/** In how many suspects, from the first on, the guilty one must be. */
export const LEADING_SUSPECTS = 3;

/**
 * What a full collection would have left at a moment, which no running program knows: between the bases that are known
 * (after the set-up, after each full collection, at the end of the run) by how many operations had been done.
 */
export function baseAt({ base, collections, operations, final }, measure, at) {
  const known = [
    { operations: 0, [measure]: base[measure] },
    // A base before the load began is part of the set-up.
    ...collections.filter((sample) => sample.operations > 0),
    { operations, [measure]: final[measure] },
  ];
  const next = known.findIndex((sample) => sample.operations >= at);
  if (next === -1) return final[measure];
  if (next === 0) return base[measure];
  const [left, right] = [known[next - 1], known[next]];
  const share = (at - left.operations) / (right.operations - left.operations || 1);
  return left[measure] + share * (right[measure] - left[measure]);
}

/** An alarm without a detector's name is of the original rule: there was no other. */
function alarmsOf(run, detector) {
  return run.events.filter(({ name, payload }) => name === 'leak' && (payload.detector ?? 'consecutive') === detector);
}

/** The place of the first suspect that is guilty, from 1 on; null where none is, undefined where none was asked for. */
export function rankOfGuilty(suspects, guilty) {
  if (suspects === undefined) return undefined;
  const names = ({ package: packageName, function: functionName }) => [
    packageName,
    functionName,
    // Of a method, `Class.method`, the name by itself as well.
    functionName?.split('.').at(-1),
  ];
  const at = suspects.findIndex((suspect) => names(suspect).some((name) => guilty.includes(name)));
  return at === -1 ? null : at + 1;
}

/**
 * @typedef {object} Reached  how far a leak came
 * @property {number} base
 * @property {number} growth
 * @property {number} seconds
 *
 * @typedef {object} JudgedLeak  what is not there where it was not found is optional
 * @property {boolean} isFound
 * @property {boolean} isInTime
 * @property {Reached} reached
 * @property {unknown} followed
 * @property {number | null} clearedAt
 * @property {number} [seconds]
 * @property {number} [base]
 * @property {number} [growth]
 * @property {number} [reading]
 * @property {string} [kind]
 * @property {number} [confidence]
 * @property {number | null} [rank]
 * @property {object[]} [suspects]
 * @property {object} [nearest]  where it was not found, what came nearest to an alarm
 */

/** A run of a leak, for one detector. @returns {JudgedLeak} */
export function judgeLeak(one, run, detector) {
  const { measure, pace, guilty } = one;
  const [first] = alarmsOf(run, detector);
  const limit = pace === 'full' ? run.heapLimit * FULL_SHARE : run.base[measure] + GROWTH_LIMITS[pace];
  const reached = { base: run.final[measure], growth: run.final[measure] - run.base[measure], seconds: run.seconds };
  const ends = { reached, followed: one.followed, clearedAt: clearedAt(run, first) };
  if (first === undefined) return { isFound: false, isInTime: false, nearest: run.judged?.[0], ...ends };
  const base = baseAt(run, measure, first.operations);
  return {
    isFound: true,
    isInTime: base < limit,
    seconds: first.t_us / 1e6,
    base,
    growth: base - run.base[measure],
    reading: first.memory[measure],
    kind: first.payload.kind,
    confidence: first.payload.confidence,
    // The original rule has no suspects of its own; those of a trend beside it are not its merit.
    rank: detector === 'trend' ? rankOfGuilty(first.payload.suspects, guilty) : undefined,
    suspects: first.payload.suspects?.slice(0, LEADING_SUSPECTS),
    ...ends,
  };
}

/** When a leak that was found was called cleared, in seconds; null where it was not. */
function clearedAt({ events }, alarm) {
  const cleared = events.find(({ name, t_us }) => name === 'leak-cleared' && t_us >= (alarm?.t_us ?? Infinity));
  return cleared === undefined ? null : cleared.t_us / 1e6;
}

/** A run of a program that does not leak, for one detector: any alarm is a false one. */
export function judgeHealthy(run, detector) {
  const alarms = alarmsOf(run, detector);
  return {
    alarms: alarms.length,
    firstAt: alarms.length === 0 ? null : alarms[0].t_us / 1e6,
    kind: alarms[0]?.payload.kind,
    suspicions: run.events.filter(({ name }) => name === 'leak-suspected').length,
  };
}

/**
 * The figures of one detector over judged runs. A run with a leak that was found in time is a true alarm, one without a
 * leak that has any alarm a false one; found late is not found.
 */
export function score(judged, detector) {
  const ran = judged.filter(({ by }) => by[detector] !== undefined);
  const leaks = ran.filter(({ one }) => one.kind === 'leak').map(({ one, by }) => ({ one, result: by[detector] }));
  const quiet = ran.filter(({ one }) => one.kind !== 'leak').map(({ by }) => by[detector]);
  const inTime = leaks.filter(({ result }) => result.isInTime);
  const falseAlarms = quiet.filter(({ alarms }) => alarms > 0).length;
  const asked = leaks.filter(({ result }) => result.isFound && result.rank !== undefined);
  const named = asked.filter(({ result }) => result.rank !== null && result.rank <= LEADING_SUSPECTS);
  const followed = leaks.filter(({ result }) => result.isFound && result.followed !== undefined);
  const ofPace = (pace) =>
    counted(
      leaks.filter(({ one }) => one.pace === pace),
      ({ result }) => result.isInTime,
    );
  return {
    full: ofPace('full'),
    middle: ofPace('middle'),
    calm: ofPace('calm'),
    allClears: counted(followed, ({ result }) => result.clearedAt !== null),
    recall: { part: inTime.length, of: leaks.length },
    precision: { part: inTime.length, of: inTime.length + falseAlarms },
    falseAlarms: { part: falseAlarms, of: quiet.length },
    named: { part: named.length, of: asked.length },
  };
}

function counted(items, isCounted) {
  return { part: items.filter(isCounted).length, of: items.length };
}

/** What each run of a case was, by detector, into one entry a case, in the order of `cases`; the last run counts. */
export function judgeAll(cases, outcomes) {
  return cases.flatMap((one) => {
    const own = outcomes.filter(({ name, pace }) => name === one.name && pace === one.pace);
    if (own.length === 0) return [];
    const by = {};
    for (const { detector, run } of own) {
      by[detector] = one.kind === 'leak' ? judgeLeak(one, run, detector) : judgeHealthy(run, detector);
    }
    const { seconds, collectionCount, base, final } = own.at(-1).run;
    const about = { seconds, collections: collectionCount, from: base[one.measure], to: final[one.measure] };
    return [{ one, by, about }];
  });
}
