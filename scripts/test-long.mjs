// Runs the tests that take minutes of real time each (__test__/long), through node:test: all their programs side by
// side. Arguments choose the versions of Node: 18 20 ... (default: 20). Builds nothing.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fetchNodes } from './fetch-nodes.mjs';
import { NODE_VERSIONS, nodeProgram, root } from './node-versions.mjs';

const chosen = process.argv.slice(2);
const unknown = chosen.filter((major) => !(major in NODE_VERSIONS));
if (unknown.length > 0) {
  console.error(`no Node.js ${unknown.join(' or ')} here: there are ${Object.keys(NODE_VERSIONS).join(', ')}`);
  process.exit(2);
}
const directory = path.join(root, '__test__', 'long');
const files = fs
  .readdirSync(directory)
  .filter((name) => name.endsWith('.longtest.js'))
  .map((name) => path.join(directory, name));

fetchNodes();
for (const major of chosen.length > 0 ? chosen : ['20']) {
  console.log(`Node ${NODE_VERSIONS[major]}`);
  const { status, error } = spawnSync(nodeProgram(major), ['--test', ...files], { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
}
