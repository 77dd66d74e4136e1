// What both commands share around the measuring: options, progress, the description
// of the machine. Computes no figures.
import fs from 'node:fs';
import os from 'node:os';

/** The number behind `--name=`, or the default. */
export function numberOption(name, byDefault) {
  const prefix = `--${name}=`;
  const given = process.argv.find((argument) => argument.startsWith(prefix))?.slice(prefix.length);
  if (given === undefined) return byDefault;
  const number = Number(given);
  if (!Number.isSafeInteger(number) || number < 1) {
    console.error(`--${name} is a whole number of at least 1, not "${given}"`);
    process.exit(2);
  }
  return number;
}

/** Where the run stands, on a terminal only. */
export function showProgress(round, rounds) {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\rround ${round} of ${rounds}${round === rounds ? '\n' : ''}`);
}

/** One line that says what the figures were taken on. */
export function describeMachine() {
  const version = JSON.parse(fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
  const cores = os.cpus();
  return [
    `memwatch ${version}, Node ${process.versions.node} (V8 ${process.versions.v8}), ${process.platform} ${process.arch}`,
    `${cores.length} cores ${cores[0]?.model.trim() ?? ''}, ${Math.round(os.totalmem() / 2 ** 30)} GB`,
    new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
  ].join('; ');
}

/** How busy the machine is: processes that run or wait, on average over a minute. */
export function load() {
  return os.loadavg()[0].toFixed(1);
}
