// Checks that each Node program of each platform exports every name of V8, libuv and Node-API that the addon asks for.
// One missing name keeps an addon from loading at all, so this is known before anything is published, also for systems
// that no test can run on. It says nothing of how a function behaves.
//
//   npm run test:symbols              all platforms
//   npm run test:symbols -- NAME …    those of scripts/platforms.mjs that are named
//
// --record: keeps the results for the tables (docs/platform-runs.json).
import process from 'node:process';
import { createRequire } from 'node:module';
import { fetchNodes } from './fetch-nodes.mjs';
import { keep } from './foreign/recorder.mjs';
import { disagreements } from './symbols/declarations.mjs';
import { PROGRAMS, exportsOf } from './symbols/programs.mjs';
import { builtBytes, foundByName, namesOfC, wantedOf } from './symbols/shim.mjs';
import { checkSignature } from './symbols/signature.mjs';

const { platformName } = createRequire(import.meta.url)('../lib/platform.js');

const words = process.argv.slice(2);
const isKept = words.includes('--record');
const asked = words.filter((word) => word !== '--record');
const unknown = asked.find((platform) => !Object.hasOwn(PROGRAMS, platform));
if (unknown !== undefined) {
  console.error(`there is no platform ${unknown}; there are ${Object.keys(PROGRAMS).join(', ')}`);
  process.exit(2);
}

fetchNodes();
const ofC = namesOfC(platformName());
let isBroken = ofC.nodeApi.length === 0 || ofC.linked.length === 0;

for (const platform of asked.length > 0 ? asked : Object.keys(PROGRAMS)) {
  const { by, names } = wantedOf(platform, ofC);
  const anyOf = foundByName(platform);
  if (platform === 'win32-x64-msvc' && process.platform === 'linux') {
    for (const { version, names, differing } of disagreements()) {
      isBroken ||= differing.length > 0 || names === 0;
      const result = differing.length === 0 ? `all ${names} are V8's own` : `not V8's own: ${differing.join(' ')}`;
      console.log(`${platform.padEnd(16)} declarations and headers of Node ${version.padEnd(9)} ${result}`);
    }
  }
  const built = builtBytes(platform);
  if (platform === 'darwin-arm64' && built !== undefined) {
    const found = checkSignature(built);
    isBroken ||= 'problem' in found;
    const result = 'problem' in found ? found.problem : `its signature fits all ${found.pages} pages`;
    console.log(`${platform.padEnd(16)} the built file: ${result}`);
  }
  for (const [major, version] of Object.entries(PROGRAMS[platform].versions)) {
    const exported = exportsOf(platform, major);
    const missing = [...names].filter((name) => !exported.has(name));
    if (anyOf.length > 0 && !anyOf.some((name) => exported.has(name))) missing.push(`one of ${anyOf.join(', ')}`);
    isBroken ||= missing.length > 0 || ![...names].some((name) => name.includes('v8'));
    const result = missing.length === 0 ? 'all there' : `${missing.length} missing: ${missing.join(' ')}`;
    if (isKept) {
      const counts = /** @type {[number, number, number]} */ ([names.size - missing.length, missing.length, 0]);
      keep({ platform, node: version, kind: 'symbols', how: by, results: { names: { counts } } }, ['names']);
    }
    console.log(
      `${platform.padEnd(16)} Node ${version.padEnd(9)} ${String(names.size).padStart(3)} names, ${result} (from ${by})`,
    );
  }
}
process.exitCode = isBroken ? 1 : 0;
