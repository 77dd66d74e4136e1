'use strict';
// Starts the binary (crates/cli), which answers the commands about files and prints all help: with the streams of this
// process, its signals and its exit status. Computes nothing.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { constants } = require('node:os');
const path = require('node:path');
const { addonFile, missing } = require('../addon-file.js');
const { withCode } = require('../errors.js');
const { binaryName, platformName } = require('../platform.js');

/** What somebody may send to end a command; passed on. @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** As shells have it for a program that a signal has ended. */
const BY_SIGNAL = 128;

/** Next to the addon: one is not published without the other. */
function binaryFile() {
  const platform = platformName();
  const addon = addonFile(platform);
  const file = path.join(path.dirname(addon), binaryName(platform));
  if (fs.existsSync(file)) return file;
  throw missing(
    `memwatch's binary ${binaryName(platform)} is not next to its native addon ${addon}: install memwatch again, or make ` +
      'it with "npm run build" in a checkout.',
  );
}

/**
 * @param {string[]} words  the arguments
 * @returns {Promise<number>} its exit status; a signal that has ended it ends this process too
 */
function runBinary(words) {
  const file = binaryFile();
  return new Promise((resolve, reject) => {
    const passOn = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
    // Before it starts: a signal that comes meanwhile would end this process alone.
    for (const signal of SIGNALS) process.on(signal, passOn);
    const child = spawn(file, words, { stdio: 'inherit' });
    const ended = () => SIGNALS.forEach((signal) => process.removeListener(signal, passOn));
    child.once('error', (error) => {
      ended();
      const why = `memwatch's binary ${file} cannot be started: ${error.message}.`;
      reject(withCode(new Error(why, { cause: error }), 'ERR_MEMWATCH_ADDON_UNUSABLE'));
    });
    child.once('exit', (status, signal) => {
      ended();
      if (signal === null) return resolve(/** @type {number} */ (status));
      process.kill(process.pid, signal);
      // Where it is handled by somebody, or ignored.
      return resolve(BY_SIGNAL + constants.signals[signal]);
    });
  });
}

module.exports = { binaryFile, runBinary };
