'use strict';
// `memwatch core FILE`: the process of a core file. The addon reads the core and writes the text; between the two,
// possible secrets are removed here: arguments, environment, messages of errors.

const { withCode } = require('../errors.js');
const { mistake } = require('./arguments.js');
const { redactArguments, redactEnvironment, withoutSecrets, withoutSecretsIn } = require('../secrets/index.js');

// Where the width of the terminal is not known: what fits a page of a report.
const DEFAULT_WIDTH = 100;

/** The report as it may leave the machine. @param {any} report  as crates/report/src/core_file.rs has it */
function redact(report) {
  const { process: of, crash, failure, threads } = report;
  return {
    ...report,
    failure: withoutSecretsIn(failure),
    process: {
      ...of,
      // That of process.title: the program's own words.
      name: withoutSecrets(of.name),
      executable: of.executable === null ? null : withoutSecrets(of.executable),
      arguments: redactArguments(of.arguments),
      environment: redactEnvironment(of.environment),
      heapLimits: redactArguments(of.heapLimits, { executable: false }),
    },
    crash: withoutSecretsIn(crash),
    threads: withoutSecretsIn(threads),
  };
}

/**
 * @param {{json: boolean, request: {files: string[], out?: string}}} asked
 * @returns {Promise<{text: string, error?: Error}>} the output; an error if the heap cannot be read
 */
async function run({ json, request: { out, ...request } }) {
  const { ask } = require('../own.js').commands;
  if (out === '-') throw mistake('--out takes a file name, not standard output');
  const answer = await ask({ command: 'core', ...request, output: out, mayMap: true });
  const report = redact(JSON.parse(answer.output));
  const { failure } = report;
  const error = failure ? withCode(new Error(`the heap cannot be read: ${failure.message}`), failure.code) : undefined;
  if (json) return { text: `${JSON.stringify(report, null, 2)}\n`, error };
  const width = process.stdout.columns || DEFAULT_WIDTH;
  const { output } = await ask({ command: 'coreText', files: [], report, width });
  return { text: output, error };
}

module.exports = { run };
