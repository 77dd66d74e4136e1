'use strict';
// The form of a flight recorder's file, for its writer and its readers: which fields there
// are, and of which types. The content of a file may be damaged or foreign.

const { readLabels } = require('../label-words.js');
const { ROWS } = require('../native-memory/words.js');

// Such a file has some ten KiB; a far larger one is something else.
const MOST_BYTES = 8 << 20;

// Of what a person reads. A writer keeps fewer; a file may say anything.
const MOST_POINTS = 1000;
const MOST_ROWS = 100;

// The range of valid dates.
const MOST_MS = 8.64e15;

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value) => (Array.isArray(value) ? value.filter(isObject).slice(-MOST_ROWS) : []);
const number = (value) => (Number.isFinite(value) ? value : null);
const time = (value) => (Number.isFinite(value) && Math.abs(value) <= MOST_MS ? value : null);
const text = (value) => (typeof value === 'string' ? value : null);

/** Whether a value is what memwatch writes, and this version reads. */
function isRecord(value) {
  return value?.version === 1 && Number.isFinite(value.writtenAt) && Array.isArray(value.series?.points);
}

/** A function that allocates. */
function site(value) {
  return {
    ...value,
    function: text(value.function) ?? '(anonymous)',
    file: text(value.file),
    line: number(value.line),
    bytes: number(value.bytes),
    count: number(value.count),
    labels: readLabels(value.labels),
  };
}

function state(value) {
  return { ...value, state: text(value.state), confidence: number(value.confidence), reason: text(value.reason) };
}

function event(value) {
  return {
    ...value,
    at: time(value.at),
    name: text(value.name),
    reason: text(value.reason),
    suspects: objects(value.suspects).map(site),
  };
}

function series({ fields, points }) {
  const names = Array.isArray(fields) ? fields.filter((name) => typeof name === 'string').slice(0, MOST_ROWS) : [];
  const isPoint = (point) =>
    Array.isArray(point) && point.length >= names.length && point.slice(0, names.length).every(Number.isFinite);
  const whole = names.length > 0 ? points.filter(isPoint) : [];
  // Beyond what a writer keeps the newest count.
  return { fields: names, points: whole.slice(-MOST_POINTS) };
}

const NAMES_OF_ROWS = Object.keys(ROWS);
const NAMES_OF_HANDLES = ['descriptors', 'sockets', 'files', 'pipes', 'threads'];

/** The rows of native memory: values that are not numbers are unknown. */
function nativeMemory(value) {
  if (!isObject(value) || !isObject(value.rows)) return null;
  const numbers = (of) =>
    Object.fromEntries(Object.entries(isObject(of) ? of : {}).map(([name, one]) => [name, number(one)]));
  const rows = NAMES_OF_ROWS.map((name) => [name, { residentBytes: null, ...numbers(value.rows[name]) }]);
  const handles = NAMES_OF_HANDLES.map((name) => [name, number(value.handles?.[name])]);
  return {
    ...value,
    at: text(value.at),
    residentBytes: number(value.residentBytes),
    allocator: text(value.allocator),
    rows: Object.fromEntries(rows),
    handles: Object.fromEntries(handles),
  };
}

function ended(value) {
  return isObject(value) ? { ...value, status: number(value.status), at: time(value.at) } : null;
}

/**
 * A record in which each field that is read has its type. What had none is null, and rows
 * that are no rows are left out; fields that this version does not know stay.
 * @param {any} box  one for which `isRecord` holds
 */
function clean(box) {
  return {
    ...box,
    pid: number(box.pid),
    thread: number(box.thread) ?? 0,
    processStart: text(box.processStart),
    pidNamespace: text(box.pidNamespace),
    program: text(box.program),
    node: text(box.node),
    startedAt: time(box.startedAt),
    writtenAt: time(box.writtenAt),
    ended: ended(box.ended),
    heapLimitBytes: number(box.heapLimitBytes),
    detectorState: isObject(box.detectorState) ? state(box.detectorState) : null,
    nativeMemory: nativeMemory(box.nativeMemory),
    series: series(box.series),
    events: objects(box.events).map(event),
    sites: isObject(box.sites) ? { ...box.sites, sites: objects(box.sites.sites).map(site) } : null,
    snapshots: objects(box.snapshots).map((value) => ({
      ...value,
      at: time(value.at),
      trigger: text(value.trigger),
      path: text(value.path),
      bytes: number(value.bytes),
    })),
  };
}

module.exports = { MOST_BYTES, clean, isRecord };
