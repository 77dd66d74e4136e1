// Whether the declarations of V8 that the shim is compiled against for Windows (src/v8/microsoft) are those of V8's own
// headers: compiled here against both, by the rules of this machine, the shim must ask for the same names, which hold the
// types of all arguments. Sizes and places of fields are static_asserts of the shim; the order of virtual functions and
// the types of results are in no name, and are tried in Wine.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NODE_VERSIONS, packageDirectory, root } from '../node-versions.mjs';
import { wantedNames } from './binary.mjs';
import { isHosts } from './programs.mjs';

const SHIM = path.join(root, 'src', 'v8');
const FLAGS = ['-std=c++20', '-Os', '-fno-rtti', '-fno-exceptions', '-fPIC', '-w'];

/** Compiled here, it asks V8 for what it does not ask for on Windows, where it is empty: native memory is sampled on Linux. */
const OF_LINUX = 'shim_code.cc';

/** The names of V8 that the shim asks for. @param {string[]} declarations  arguments that name them */
function wantedWith(declarations) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-declarations-'));
  try {
    const parts = fs.readdirSync(SHIM).filter((name) => name.endsWith('.cc') && name !== OF_LINUX);
    return parts.flatMap((part) => {
      const object = path.join(directory, `${part}.o`);
      const args = [...FLAGS, ...declarations, '-c', path.join(SHIM, part), '-o', object];
      const { status, stderr, error } = spawnSync('c++', args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${part} does not compile with ${declarations.at(-1)}:\n${error ?? stderr}`);
      return [...wantedNames(fs.readFileSync(object))].filter(isHosts);
    });
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** The names that one asks for and the other does not, by version; to be run where the shim is compiled to ELF. */
export function* disagreements() {
  const ours = new Set(wantedWith(['-DMW_IMPORT=', '-isystem', path.join(SHIM, 'microsoft')]));
  for (const [major, version] of Object.entries(NODE_VERSIONS)) {
    const theirs = new Set(wantedWith(['-isystem', path.join(packageDirectory(major), 'include', 'node')]));
    const differing = [...ours].filter((name) => !theirs.has(name));
    differing.push(...[...theirs].filter((name) => !ours.has(name)));
    yield { version, names: ours.size, differing };
  }
}
