'use strict';
// `memwatch bundle PID`: the evidence on another process, as far as the system reports it. What
// only the process itself knows (the detector's state, sites, metrics) is in memwatch.bundle().

const { execFileSync } = require('node:child_process');
const { version } = require('../../package.json');
const { explainFlags } = require('../bundle/flags.js');
const { look, startOf } = require('../bundle/process.js');
const { about, makeDirectory, writeFiles } = require('../bundle/write.js');
const { withCode } = require('../errors.js');
const { printable } = require('../printable.js');
const { redactArguments, redactEnvironment } = require('../secrets/index.js');

/** Queries the executable for its versions; nothing if it is not Node.js. @param {number | string} pid */
function versionsOf(pid) {
  try {
    const script = 'JSON.stringify(process.versions)';
    return JSON.parse(
      execFileSync(`/proc/${pid}/exe`, ['-p', script], {
        env: {},
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  } catch {
    return undefined;
  }
}

/** @param {string} message */
function refusal(message) {
  return withCode(new Error(message), 'ERR_MEMWATCH_NO_SUCH_PROCESS');
}

/** @returns {Promise<string>} the output @param {import('./arguments.js').Asked} asked */
async function run({ json, request }) {
  const [word] = request.files;
  if (!/^[1-9]\d{0,9}$/.test(word)) {
    throw withCode(new TypeError(`bundle takes a process id, not '${word}'`), 'ERR_MEMWATCH_USAGE');
  }
  const { maps, ...system } = look(word);
  if (system.status === undefined) throw refusal(`process ${word} does not exist, or this system hides it`);
  const { argv, environment, executable } = startOf(word);
  if (argv === undefined || environment === undefined)
    throw refusal(`process ${word} belongs to another user: run this command as that user`);
  const endOfOptions = argv.findIndex((each, index) => index > 0 && !each.startsWith('-'));
  const execArgv = argv.slice(1, endOfOptions === -1 ? undefined : endOfOptions);
  const shownEnvironment = redactEnvironment(environment);
  const optionsThatMatter = explainFlags(redactArguments(execArgv, { executable: false }), shownEnvironment);
  const directory = makeDirectory(request.out ?? '.', Number(word));
  const versions = versionsOf(word);
  const files = writeFiles(directory, {
    'process.json': {
      memwatch: version,
      collectedAt: new Date().toISOString(),
      pid: Number(word),
      executable,
      node: versions && { versions },
      argv: redactArguments(argv),
      environment: shownEnvironment,
      optionsThatMatter,
    },
    'system.json': system,
    'maps.txt': maps,
  });
  files.unshift(...writeFiles(directory, { 'README.txt': about(files) }));
  if (json) return `${JSON.stringify({ path: directory, files, optionsThatMatter }, null, 2)}\n`;
  const advice = optionsThatMatter.map(({ option, from, means }) => printable(`  ${option} (${from}): ${means}`));
  return [
    `${printable(directory)}: ${files.join(', ')}`,
    ...(advice.length > 0
      ? ['Options that affect its memory:', ...advice]
      : ['None of its options affects its memory.']),
    '',
  ].join('\n');
}

module.exports = { run };
