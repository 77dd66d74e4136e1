// Storms around memwatch.nativeSites, each in a process of its own, on each of the Node versions that are unpacked in
// .cache/nodes, until so many have passed: any that ends badly, hangs or says nothing is printed, and the exit status is 1.
//
//   node scripts/native-storm.mjs [--loops 200] [--ms 2500] [--jobs 2] [18 20 22 24 26]
import { spawn } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { NODE_VERSIONS, nodeProgram, root } from './node-versions.mjs';

// Many times what the slowest takes on a busy machine, where forked copies get the processor last.
const HANGS_AFTER_MS = 600_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    loops: { type: 'string', default: '200' },
    ms: { type: 'string', default: '2500' },
    jobs: { type: 'string', default: '2' },
  },
});
const versions = positionals.length > 0 ? positionals : Object.keys(NODE_VERSIONS);
const program = path.join(root, '__test__/fixtures/native-storm.js');

/** One storm: what it said, or how it ended. */
function storm(node, variant) {
  return new Promise((resolve) => {
    const args = ['--expose-gc', program, values.ms, String(variant)];
    const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } });
    let [out, err, hung] = ['', '', false];
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    const guard = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, HANGS_AFTER_MS);
    child.once('close', (code, signal) => {
      clearTimeout(guard);
      const said = out.startsWith('{') ? JSON.parse(out) : null;
      const isGood = code === 0 && said !== null && said.rounds > 0;
      resolve({ isGood, said, how: hung ? 'hung' : (signal ?? `status ${code}`), err: err.slice(-3000) });
    });
  });
}

let bad = 0;
for (const version of versions) {
  const node = nodeProgram(version);
  const sum = { loops: 0, rounds: 0, samples: 0, withJavaScript: 0, workers: 0, children: 0, snapshots: 0 };
  let failed = 0;
  let next = 0;
  const lane = async () => {
    while (next < Number(values.loops)) {
      const variant = next++;
      const { isGood, said, how, err } = await storm(node, variant);
      sum.loops += 1;
      for (const [name, count] of Object.entries(said ?? {})) sum[name] += count;
      if (isGood) continue;
      failed += 1;
      console.log(`Node ${version}, storm ${variant}: ${how}\n${err}`);
    }
  };
  const began = Date.now();
  await Promise.all(Array.from({ length: Number(values.jobs) }, lane));
  bad += failed;
  console.log(
    `Node ${version}: ${failed} of ${sum.loops} ended badly; ${Math.round((Date.now() - began) / 1000)} s`,
    JSON.stringify(sum),
  );
}
process.exitCode = bad > 0 ? 1 : 0;
