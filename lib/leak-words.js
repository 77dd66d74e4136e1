'use strict';
// What became of a leak, in a sentence for people: one wording for the terminal, the table of `top` and
// the flight recorder. The dashboard has its own. Text only.

const { bytes, duration } = require('./format.js');
const { withLabel } = require('./label-words.js');
const { placeOf } = require('./places.js');

/**
 * `growth has paused: 170 MiB added in 11 min are still in use, allocated by track() server.js:6`, as far as that is known.
 * Of handles the reason says it.
 * @param {{ kind?: string | null, reason?: string | null, keptBytes?: number | null, start?: number | null,
 *   end?: number | null }} growth  times in milliseconds
 * @param {(Parameters<typeof placeOf>[0] & Parameters<typeof withLabel>[0]) | null} [site]  the first suspect
 */
function pauseInWords({ kind, reason, keptBytes, start, end }, site) {
  if (kind === 'handles' && reason) return reason;
  const took =
    typeof start === 'number' && typeof end === 'number' && end > start ? ` in ${duration(end - start)}` : '';
  const what =
    typeof keptBytes === 'number' && Number.isFinite(keptBytes)
      ? `${bytes(keptBytes)} added${took} are`
      : 'its memory is';
  return `growth has paused: ${what} still in use${site ? `, allocated by ${placeOf(site)}${withLabel(site)}` : ''}`;
}

/** @type {Map<string | null | undefined, string>} */
const ENDS = new Map([
  ['reclaimed', 'memory reclaimed'],
  ['stopped-growing', 'stopped growing'],
]);

/**
 * How growth ended, for people, by the `why` of its event; unknown values are passed through.
 * @param {string | null | undefined} why
 * @param {string | null} [kind]
 */
const endInWords = (why, kind) => (kind === 'handles' && why === 'reclaimed' ? 'closed again' : (ENDS.get(why) ?? why));

/**
 * `server.js (pid 4242, thread 3)`: threads of one process have its number.
 * @param {{ name: string, pid: number | null, thread: number }} meta
 */
const threadInWords = ({ name, pid, thread }) => `${name} (pid ${pid}${thread ? `, thread ${thread}` : ''})`;

module.exports = { endInWords, pauseInWords, threadInWords };
