// Keeps the results of runs that were asked to with `--record`, and the tables with them.
import { writePages } from '../platform-table.mjs';
import { nameOf, record, resultsOf } from './runs.mjs';

/** @type {typeof record} */
export function keep(run, all) {
  record(run, all);
  writePages();
}

/**
 * What keeps the results of each test file as it ends: a run that is stopped has not been in vain.
 * @param {{ platform: string, how: string, all: string[] }} where  `all`: all test files that there are
 * @returns {(ran: import('../suite.mjs').Ran) => void}
 */
export function recorder({ platform, how, all }) {
  const names = all.map(nameOf);
  return (ran) => keep(resultsOf([ran], { platform, node: ran.node.name, how }), names);
}
