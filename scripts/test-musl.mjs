// Builds memwatch for musl and runs the tests on Nodes that were built for musl, on a system with glibc. A line at the
// end for each Node has the sums.
//
//   npm run test:musl                        all tests on 24
//   npm run test:musl -- 20 26 stats leak    files with one of the parts in their names, on those versions
//
// --essential: the least; --native: what calls V8; --rerun: as for `npm test`; --built: with what was built before;
// --record: keeps the results for the tables (docs/platform-runs.json).
import process from 'node:process';
import { parseArgs } from 'node:util';
import { buildFor } from './foreign/built.mjs';
import { MUSL_VERSIONS, fetchMuslNodes, muslProgram } from './foreign/musl-nodes.mjs';
import { recorder } from './foreign/recorder.mjs';
import { closingLine, resultsOf } from './foreign/runs.mjs';
import { runSuites, testFiles } from './suite.mjs';
import { essentialFiles, nativeFiles } from './test-files.mjs';

const PLATFORM = 'linux-x64-musl';
const DEFAULT = ['24'];

const FLAGS = /** @type {const} */ (['essential', 'native', 'rerun', 'built', 'record']);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(FLAGS.map((name) => [name, { type: /** @type {const} */ ('boolean') }])),
});
const majors = positionals.filter((word) => /^\d+$/.test(word));
const parts = positionals.filter((word) => !majors.includes(word));
const unknown = majors.filter((major) => !Object.hasOwn(MUSL_VERSIONS, major));
const all = testFiles();
const chosen = filesOf();

/** The files that are asked for: by name, by a list, or all. */
function filesOf() {
  if (parts.length > 0) return testFiles(parts);
  if (values.essential) return essentialFiles();
  return values.native ? nativeFiles() : all;
}

if (unknown.length > 0 || chosen.length === 0) {
  const there = `there are Node.js ${Object.keys(MUSL_VERSIONS).join(', ')} for musl`;
  console.error(
    unknown.length > 0 ? `no Node.js ${unknown.join(' or ')}: ${there}` : `no test file: ${parts.join(' ')}`,
  );
  process.exit(2);
}
const tried = majors.length > 0 ? majors : DEFAULT;

if (!values.built) buildFor(PLATFORM);
const how = `musl ${fetchMuslNodes(tried).replace(/-.*/, '')}`;
const nodes = tried.map((major) => ({ name: MUSL_VERSIONS[major], program: muslProgram(major) }));
const onRan = values.record ? recorder({ platform: PLATFORM, how, all }) : undefined;
const { passed, results } = await runSuites(nodes, chosen, { rerun: values.rerun, onRan });

console.log();
for (const { name: node } of nodes) {
  const run = resultsOf(results, { platform: PLATFORM, node, how });
  console.log(closingLine(`musl-${node}`, run));
}
if (!passed) process.exitCode = 1;
