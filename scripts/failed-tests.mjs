// A reporter for node:test: each failed test as a line of JSON, for scripts/test.mjs. It is
// written beside the reporter that people read and tells nothing of the others.

// The signals of a program that broke down. A program that was killed on purpose has others.
const CRASH = /\bSIG(?:SEGV|ABRT|ILL|BUS|TRAP|FPE)\b/;

/** What is known of an error, its causes included. */
function words(error) {
  if (!(error instanceof Error)) return String(error);
  return `${error.stack} ${error.signal ?? ''} ${error.cause === undefined ? '' : words(error.cause)}`;
}

export default async function* failedTests(source) {
  for await (const { type, data } of source) {
    // Todo and skipped ones do not fail a run.
    if (type !== 'test:fail' || data.todo !== undefined || data.skip !== undefined) continue;
    const { file, name, details } = data;
    yield `${JSON.stringify({ file, name, crashed: CRASH.test(words(details?.error)) })}\n`;
  }
}
