// The package managers: how each adds a package to a project. They run under the Node.js of the
// machine; which registry they ask is the machine's business.
import path from 'node:path';

const inPackage = (...parts) => path.join(import.meta.dirname, '..', 'node_modules', ...parts);

const NPM = inPackage('npm', 'bin/npm-cli.js');
const BERRY = inPackage('@yarnpkg/cli-dist', 'bin/yarn.js');

/** @type {Record<string, { add: (name: string) => string[], program?: (file: string) => string[] }>} */
export const MANAGERS = {
  npm: { add: (name) => [NPM, 'install', name] },
  pnpm: { add: (name) => [inPackage('pnpm', 'bin/pnpm.cjs'), 'add', name] },
  'yarn 1': { add: (name) => [inPackage('yarn', 'bin/yarn.js'), 'add', '--no-progress', name] },
  // Without node_modules: packages are in archives, and ours has to be taken out of one.
  "yarn 4, Plug'n'Play": {
    add: (name) => [BERRY, 'add', name],
    program: (file) => [BERRY, 'node', file],
  },
};

export const publish = (archive) => [NPM, 'publish', archive];
export const installWithoutOptional = (name) => [NPM, 'install', '--omit=optional', name];
export const npmWords = (words) => [NPM, ...words];
