// What the addon of each platform asks of Node: of its built file where there is one, else of the C++ shim compiled for
// that platform, and of the rest of the addon as built for this machine, whose names are those of C everywhere.
// Compiles, and links nothing.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ZIG } from '../fetch-zig.mjs';
import { packageDirectory, root } from '../node-versions.mjs';
import { addonName } from '../platforms.mjs';
import { exportedNames, wantedNames } from './binary.mjs';
import { isHosts, linkerName } from './programs.mjs';

/** What zig calls the platforms; the oldest systems that a Node of ours runs on. */
const TARGETS = {
  'linux-x64-gnu': 'x86_64-linux-gnu.2.28',
  'linux-arm64-gnu': 'aarch64-linux-gnu.2.28',
  'linux-x64-musl': 'x86_64-linux-musl',
  'linux-arm64-musl': 'aarch64-linux-musl',
  'darwin-x64': 'x86_64-macos.10.15',
  'darwin-arm64': 'aarch64-macos.11.0',
  'win32-x64-msvc': 'x86_64-windows-msvc',
};

const SHIM = path.join(root, 'src', 'v8');
const PARTS = fs.readdirSync(SHIM).filter((name) => name.endsWith('.cc'));
const FLAGS = ['-std=c++20', '-Os', '-fno-rtti', '-fno-exceptions', '-fvisibility=hidden'];

function flagsFor(platform) {
  if (platform !== 'win32-x64-msvc') return ['-fPIC', '-I', path.join(packageDirectory(20), 'include', 'node')];
  return ['-nostdinc', '-fno-threadsafe-statics', '-mno-stack-arg-probe', '-I', path.join(SHIM, 'microsoft')];
}

function compile(platform, part, object) {
  const args = ['-m', 'ziglang', 'c++', '-target', TARGETS[platform], ...FLAGS, ...flagsFor(platform)];
  const { status, stderr } = spawnSync('python3', [...args, '-c', path.join(SHIM, part), '-o', object], {
    env: { ...process.env, PYTHONPATH: ZIG },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${part} does not compile for ${platform}:\n${stderr}`);
}

function ofShim(platform) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-shim-'));
  try {
    return PARTS.flatMap((part) => {
      const object = path.join(directory, `${part}.o`);
      compile(platform, part, object);
      return [...wantedNames(fs.readFileSync(object))];
    });
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

const builtFile = (platform) => path.join(root, addonName(platform));

/** The V8 functions that the shim finds by name, of which a Node has at least one: by Itanium's and Microsoft's rules. */
export function foundByName(platform) {
  const text = PARTS.map((part) => fs.readFileSync(path.join(SHIM, part), 'utf8')).join('\n');
  const isMicrosoft = platform.startsWith('win32');
  return [...text.matchAll(/MW_NAME\(\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+)\)/g)].map(([, itanium, microsoft]) => {
    const name = [...(isMicrosoft ? microsoft : itanium).matchAll(/"([^"]*)"/g)].map(([, piece]) => piece).join('');
    return linkerName(platform, name);
  });
}

/**
 * What the addon of this machine asks for, by names of C: of libuv as the linker sees it, and of Node-API, which napi-rs
 * finds by name as it loads and whose names stand in the file's text.
 * @param {string} here  the platform of this machine
 */
export function namesOfC(here) {
  const bytes = fs.readFileSync(builtFile(here));
  const own = exportedNames(bytes);
  const inText = bytes.toString('latin1').match(/\b(?:napi|node_api)_[a-z0-9_]+(?=\0)/g) ?? [];
  const nodeApi = inText.filter((name) => !own.has(name));
  const linked = [...wantedNames(bytes)].filter((name) => isHosts(name) && !name.startsWith('_Z'));
  return { nodeApi, linked };
}

/**
 * What the file for Windows looks up when it loads, instead of importing it (src/v8/microsoft/host.h): its text has the
 * names, and those of which a Node has one alone.
 * @param {string} platform
 * @param {Buffer} bytes
 */
function boundByName(platform, bytes) {
  if (!platform.startsWith('win32')) return [];
  const either = new Set(foundByName(platform));
  // The text may also have the names of what the shim defines itself, for debuggers.
  const list = fs.readFileSync(path.join(SHIM, 'microsoft', 'host.cc'), 'utf8');
  const inText = bytes.toString('latin1').match(/\?\w+@[\w?@$]+(?=\0)|(?<!\w)uv_[a-z_]+(?=\0)/g) ?? [];
  return inText.filter((name) => !either.has(name) && (name.startsWith('uv_') || list.includes(`"${name}"`)));
}

const ofBuilt = (platform, bytes) => [...wantedNames(bytes), ...boundByName(platform, bytes)];

/** The built file of a platform; undefined where it was not built here. @param {string} platform */
export function builtBytes(platform) {
  return fs.existsSync(builtFile(platform)) ? fs.readFileSync(builtFile(platform)) : undefined;
}

/**
 * `names` is what has to be there, `by` says what they were read from.
 * @param {string} platform
 * @param {{ nodeApi: string[], linked: string[] }} ofC
 */
export function wantedOf(platform, ofC) {
  const inC = (names) => names.map((name) => linkerName(platform, name));
  const own = builtFile(platform);
  const isBuilt = fs.existsSync(own);
  const linked = isBuilt ? ofBuilt(platform, fs.readFileSync(own)) : [...ofShim(platform), ...inC(ofC.linked)];
  const by = isBuilt ? 'the built file' : 'its shim, and the addon of this machine';
  return { by, names: new Set([...linked.filter(isHosts), ...inC(ofC.nodeApi)]) };
}
