// A machine as users have it: a Node.js, a shell, a home of its own; no Rust, no compiler, and
// no network but the registry.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** What package managers and programs may start. All of it is looked for in no other place. */
const TOOLS = ['sh', 'uname', 'env', 'sed', 'dirname', 'basename'];

/** What must not be found, or the test would prove nothing. */
export const COMPILERS = ['cargo', 'rustc', 'cc', 'c++', 'gcc', 'g++', 'clang', 'make', 'python3', 'node-gyp'];

function which(name) {
  const directories = process.env.PATH.split(path.delimiter);
  return directories.map((directory) => path.join(directory, name)).find((file) => fs.existsSync(file));
}

export class Machine {
  /** @param {{ home: string, node: string, registry: string, trap: string }} parts */
  constructor({ home, node, registry, trap }) {
    this.bin = path.join(home, 'bin');
    this.node = path.join(this.bin, 'node');
    fs.mkdirSync(this.bin, { recursive: true });
    fs.symlinkSync(node, this.node);
    for (const tool of TOOLS) {
      const found = which(tool);
      if (found !== undefined) fs.symlinkSync(fs.realpathSync(found), path.join(this.bin, tool));
    }
    fs.writeFileSync(path.join(home, '.npmrc'), `registry=${registry}/\n//${new URL(registry).host}/:_authToken=any\n`);
    this.env = {
      PATH: this.bin,
      HOME: home,
      TMPDIR: path.join(home, 'tmp'),
      CI: '1',
      NO_COLOR: '1',
      HTTP_PROXY: trap,
      HTTPS_PROXY: trap,
      http_proxy: trap,
      https_proxy: trap,
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      npm_config_cache: path.join(home, 'npm-cache'),
      npm_config_store_dir: path.join(home, 'pnpm-store'),
      npm_config_registry: `${registry}/`,
      YARN_CACHE_FOLDER: path.join(home, 'yarn-cache'),
      YARN_ENABLE_GLOBAL_CACHE: 'false',
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
      YARN_NPM_MINIMAL_AGE_GATE: '0',
      // ECMAScript modules need it under Plug'n'Play.
      YARN_PNP_ENABLE_ESM_LOADER: 'true',
      YARN_NPM_REGISTRY_SERVER: registry,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    };
    fs.mkdirSync(this.env.TMPDIR);
  }

  /** Those of COMPILERS that can be found here. */
  compilers() {
    return COMPILERS.filter((name) => fs.existsSync(path.join(this.bin, name)));
  }

  /** Runs a script under this machine's Node.js to its end. */
  run(args, { cwd, env = {}, uid } = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn(this.node, args, {
        cwd,
        env: { ...this.env, ...env },
        uid,
        gid: uid,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const printed = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr']) {
        child[name].setEncoding('utf8');
        child[name].on('data', (text) => {
          printed[name] += text;
        });
      }
      child.on('error', reject);
      child.on('close', (status, signal) => resolve({ status: signal ?? status, ...printed }));
    });
  }
}
