'use strict';
// The state of handles in one sentence, with what helps. Computes nothing.

const { count, exactDuration: duration } = require('../format.js');

/**
 * By sort: what they are, what a leak of them is called, what else may look like one, and what helps.
 * @type {Record<import('./judge.js').Sort, { name: string, isLeak: string, mayBe: string, helps: string }>}
 */
const SORTS = {
  files: {
    name: 'files',
    isLeak: 'files are opened and not closed',
    mayBe: 'a leak, or a cache of files that is not full yet, or more downloads at a time',
    helps:
      'inspect what fs.open(), fs.opendir() and fs.createReadStream() return: is it closed, also where a request fails?',
  },
  pipes: {
    name: 'pipes',
    isLeak: 'pipes are opened and not closed',
    mayBe: 'a leak, or more child processes at a time',
    helps: 'inspect the ends of child processes, and their streams',
  },
  others: {
    name: 'descriptors that are no file, socket or pipe',
    isLeak: 'descriptors that are no file, socket or pipe are opened and not closed',
    mayBe: 'a leak, or more work at a time',
    helps: 'inspect watchers of files, and native addons',
  },
  threads: {
    name: 'threads that are no worker threads',
    isLeak: 'threads are started by native code and do not end',
    mayBe: 'a leak, or a pool of threads that is not full yet',
    helps: 'inspect native addons that start threads, and how often they are initialized',
  },
  sockets: {
    name: 'sockets',
    isLeak: 'sockets are opened and not closed',
    mayBe:
      'more connections at a time, or child processes, or sockets that are never ended: their number alone does not show which',
    helps: 'inspect net.connect(), http.Agent and upgraded connections: does each have an end, a timeout, and a limit?',
  },
  'half-closed-sockets': {
    name: 'sockets that the other end closed 5 minutes ago or earlier',
    isLeak: 'sockets are not ended when the other end has closed them',
    mayBe: 'a leak, or requests that go on after their clients have left',
    helps:
      'inspect responses whose body nobody reads, sockets that are paused, and allowHalfOpen: such a socket is closed by end() or destroy()',
  },
};

/** For a continuing state. @param {Record<string, any>} state */
function whatGrows({ state, start, end, counts }) {
  const { name, isLeak, mayBe, helps } = SORTS[/** @type {keyof SORTS} */ (counts.which)];
  const more = `${count(counts.after - counts.before)} more in ${duration((end - start) / 1000)}, ${count(counts.after)} now`;
  const eta =
    counts.limitEta === null
      ? ''
      : `; the limit of ${count(counts.limit)} descriptors is reached in ${duration((counts.limitEta - end) / 1000)}`;
  if (state === 'confirmed') return `${isLeak}: ${more}${eta}; ${helps}`;
  if (state === 'paused') return `the number of ${name} does not grow at the moment: ${more}, and still open; ${helps}`;
  return `the number of ${name} keeps growing: ${more}${eta}; ${mayBe}; ${helps}`;
}

/**
 * @param {Record<string, any>} state  as detectorState() has it
 * @param {{ growth: number, span: number } | null} grown  by how much, and in how many seconds
 * @param {string} [why]  of one that has ended
 */
function reasonOf(state, grown, why) {
  const { counts } = state;
  if (grown === null || counts === null) return 'the number of open handles does not grow';
  if (why === undefined) return whatGrows(state);
  const how = why === 'reclaimed' ? 'went down again' : 'stopped growing';
  const had = `it had grown by ${count(grown.growth)} in ${duration(grown.span)}`;
  return `the number of ${SORTS[/** @type {keyof SORTS} */ (counts.which)].name} ${how}: ${count(counts.after)} now (${had})`;
}

module.exports = { reasonOf };
