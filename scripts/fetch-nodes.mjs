// Fetches the Node programs that the suite is run on: the npm packages node-<platform>-<arch>,
// which carry them, through npm itself. What is there already is not fetched again.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_VERSIONS, nodeProgram, packageDirectory } from './node-versions.mjs';
import { unpackPackage } from './npm-package.mjs';

/** What the packages call this platform. */
const platform = process.platform === 'win32' ? 'win' : process.platform;
const packageName = `node-${platform}-${process.arch}`;

/** The version a program says it has; undefined where it does not run. */
function versionOf(program) {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function fetch(major, version) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-nodes-'));
  try {
    unpackPackage(`${packageName}@${version}`, work);
    const target = packageDirectory(major);
    fs.rmSync(target, { recursive: true, force: true });
    fs.mkdirSync(path.dirname(target), { recursive: true });
    // Copied, for the temporary directory may be on another file system.
    fs.cpSync(path.join(work, 'package'), target, { recursive: true });
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** Fetches what is missing, and throws where a program is not what it should be. */
export function fetchNodes() {
  for (const [major, version] of Object.entries(NODE_VERSIONS)) {
    const program = nodeProgram(major);
    if (versionOf(program) === `v${version}`) {
      console.log(`Node ${version} is there`);
      continue;
    }
    console.log(`fetching ${packageName}@${version}`);
    fetch(major, version);
    const found = versionOf(program);
    if (found !== `v${version}`) throw new Error(`${program} is ${found ?? 'no program that runs'}, not v${version}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) fetchNodes();
