'use strict';
// A command in a terminal of its own, which `script` of util-linux makes. Asserts nothing.

const { spawn, spawnSync } = require('node:child_process');
const { cleanEnvironment } = require('./cli-run.js');

/** Whether there is a `script` that passes the status of its command on. */
const hasTerminals =
  process.platform === 'linux' &&
  /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * @param {string[]} command
 * @param {string} [redirected]  what a shell has behind it, such as `< /dev/null`
 */
function inTerminal(command, redirected = '') {
  const line = `exec ${command.map(quoted).join(' ')} ${redirected}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...cleanEnvironment({}), SHELL: '/bin/sh' } });
  const waiting = [];
  let shown = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => {
    shown += text;
    waiting.splice(0).forEach((look) => look());
  });
  const ended = new Promise((resolve) => {
    child.once('close', (status) => {
      waiting.splice(0).forEach((look) => look());
      resolve({ status, shown });
    });
  });
  /** Resolves when the terminal has shown what a pattern matches. */
  const shows = async (pattern) => {
    while (!pattern.test(shown)) {
      if (child.exitCode !== null) throw new Error(`it ended: ${shown}`);
      await new Promise((resolve) => waiting.push(resolve));
    }
  };
  return { ended, shows, types: (text) => child.stdin.write(text) };
}

module.exports = { hasTerminals, inTerminal };
