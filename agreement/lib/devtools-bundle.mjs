// Turns the heap snapshot worker of Chrome DevTools (TypeScript in the npm
// package `chrome-devtools-frontend`) into one module that Node can import.
// It changes nothing in that code; the one file the package lacks (`locales.js`,
// made by DevTools' own build) is stood in for, and it only concerns wording.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { AGREEMENT, CACHE } from './paths.mjs';

const require = createRequire(import.meta.url);
const PACKAGE = path.dirname(require.resolve('chrome-devtools-frontend/package.json'));
const WORKER = path.join(PACKAGE, 'front_end', 'entrypoints', 'heap_snapshot_worker');

// Not the worker's own entry point: that one expects to be inside a browser's
// worker and starts to listen for messages as soon as it is imported.
const ENTRY = `
export * as HeapSnapshot from './HeapSnapshot.ts';
export * as HeapSnapshotLoader from './HeapSnapshotLoader.ts';
`;

const LOCALES = `
export const LOCALES = ['en-US'];
export const BUNDLED_LOCALES = ['en-US'];
export const DEFAULT_LOCALE = 'en-US';
export const LOCAL_FETCH_PATTERN = '';
export const REMOTE_FETCH_PATTERN = '';
`;

/** The exact version of DevTools that is compared with. */
export function devtoolsVersion() {
  return JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8')).version;
}

/** Path of the bundled worker; builds it when this version is not in the cache yet. */
export async function devtoolsBundle() {
  const recipe = createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex')
    .slice(0, 8);
  const outfile = path.join(CACHE, `devtools-${devtoolsVersion()}-${recipe}.mjs`);
  if (existsSync(outfile)) return outfile;

  const esbuild = await import('esbuild');
  await mkdir(CACHE, { recursive: true });
  // Under its final name only when whole: an interrupted run must not leave half a module behind.
  const unfinished = `${outfile}.${process.pid}`;
  await esbuild.build({
    stdin: { contents: ENTRY, resolveDir: WORKER, loader: 'ts' },
    absWorkingDir: AGREEMENT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile: unfinished,
    logLevel: 'error',
    plugins: [{ name: 'locales', setup: standInForLocales }],
  });
  await rename(unfinished, outfile);
  return outfile;
}

function standInForLocales(build) {
  build.onResolve({ filter: /^\.\/locales\.js$/ }, () => ({ path: 'locales', namespace: 'stand-in' }));
  build.onLoad({ filter: /^locales$/, namespace: 'stand-in' }, () => ({ contents: LOCALES }));
}
