// Which Node versions the suite is run on, and where their programs lie once fetched.
// Fetches nothing.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** By major version, exact: a run can be repeated. */
export const NODE_VERSIONS = {
  18: '18.20.8',
  20: '20.20.2',
  22: '22.23.5',
  24: '24.22.3',
  26: '26.12.1',
};

const directory = path.join(root, '.cache', 'nodes');

/** Where the package of a major version is unpacked. */
export function packageDirectory(major) {
  return path.join(directory, String(major));
}

/** Its program. */
export function nodeProgram(major) {
  return path.join(packageDirectory(major), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}
