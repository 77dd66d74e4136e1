// The evaluation as people read it: Markdown tables of what judge.mjs found. Decides nothing.
import { megabytes, table } from '../lib/table.mjs';
import { DETECTORS, LEADING_SUSPECTS, score } from './judge.mjs';

const TITLES = { consecutive: 'original rule', trend: 'trend' };

/** What must be reached, as the tables name it. */
const TARGETS = {
  ...{ full: '≥ 95 %', middle: '≥ 95 %', calm: '≥ 95 %', falseAlarms: '0', allClears: '0', named: '≥ 85 %' },
  ...{ recall: '', precision: '' },
};

/** `18 of 20 (90 %)` */
export function share({ part, of }) {
  return of === 0 ? '–' : `${part} of ${of} (${Math.round((part / of) * 100)} %)`;
}

/** The figures of each detector, side by side. */
export function summary(judged, detectors = DETECTORS) {
  const scores = detectors.map((detector) => score(judged, detector));
  const row = (title, key) => [title, ...scores.map((one) => share(one[key])), TARGETS[key]];
  return table(
    ['natural collections', ...detectors.map((detector) => TITLES[detector]), 'wanted of trend'],
    [
      row('leaks at full speed, found before a quarter of the heap limit', 'full'),
      row('leaks at the middle rate, found before 150 MB of growth', 'middle'),
      row('leaks at the calm rate, found before 64 MB of growth', 'calm'),
      row('recall: all leaks that were found in time', 'recall'),
      row('healthy programs with a false alarm', 'falseAlarms'),
      row('leaks that paused and were called cleared', 'allClears'),
      row('precision: of the programs with an alarm, those that leak', 'precision'),
      row(`guilty package or function among the first ${LEADING_SUSPECTS} suspects`, 'named'),
    ],
  );
}

/** Each leak at one pace. */
export function leaks(judged, pace, detectors = DETECTORS) {
  const rows = judged
    .filter(({ one }) => one.kind === 'leak' && one.pace === pace)
    .map(({ one, by }) => [
      title(one),
      ...detectors.flatMap((detector) => foundCells(by[detector])),
      ...(by.trend ? trendCells(by.trend) : []),
    ]);
  const header = ['leak', ...detectors.flatMap((detector) => [TITLES[detector], 'at', 'base', 'growth'])];
  return table(detectors.includes('trend') ? [...header, 'kind', 'confidence', 'guilty'] : header, rows);
}

function title({ name, isHeldOut }) {
  return isHeldOut ? `${name} *` : name;
}

function foundCells(result) {
  if (result === undefined) return ['did not run', '', '', ''];
  const { isFound, isInTime, seconds, base, growth, reached, clearedAt } = result;
  if (!isFound) {
    return ['not found', `in ${whole(reached.seconds)}`, `to ${megabytes(reached.base)}`, megabytes(reached.growth)];
  }
  const found = isInTime ? 'found' : 'late';
  return [clearedAt === null ? found : `${found}, cleared`, whole(seconds), megabytes(base), megabytes(growth)];
}

/** Of a leak that was not found: what came nearest to an alarm in the end. */
function trendCells({ isFound, kind, confidence, rank, nearest }) {
  if (!isFound) return nearest === undefined ? [] : [nearest.kind, nearest.confidence.toFixed(2), ''];
  return [kind ?? '–', confidence?.toFixed(2) ?? '–', rank === undefined ? 'no suspects' : (rank ?? 'not named')];
}

function whole(seconds) {
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** Each program that must stay quiet. */
export function healthy(judged, detectors = DETECTORS) {
  const rows = judged
    .filter(({ one }) => one.kind !== 'leak')
    .map(({ one, by, about }) => [
      title(one),
      one.pace,
      whole(about.seconds),
      about.collections,
      megabytes(about.from),
      megabytes(about.to),
      ...detectors.map((detector) => alarmCell(by[detector])),
      by.trend?.suspicions ?? '',
    ]);
  const alarms = detectors.map((detector) => `alarms: ${TITLES[detector]}`);
  return table(['healthy program', 'pace', 'ran', 'full GCs', 'base', 'to', ...alarms, 'suspicions'], rows);
}

function alarmCell(result) {
  if (result === undefined) return 'did not run';
  return result.alarms === 0 ? '0' : `${result.alarms}, first at ${whole(result.firstAt)}`;
}
