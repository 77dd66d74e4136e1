'use strict';
// The path of the native addon of this platform and of the binary next to it, and what to do if they are missing. Loads
// nothing.

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { withCode } = require('./errors.js');

const ROOT = path.join(__dirname, '..');

/**
 * The addon's file: one that was built or copied here, or the platform's package; undefined
 * where there is neither. A bundler that has put this file into another leaves
 * names alone that are made at run time, so the package is looked for from where the bundle is.
 * @param {string} name
 * @returns {string | undefined}
 */
function findAddon(name) {
  const beside = [path.join(ROOT, `memwatch.${name}.node`), path.join(__dirname, `memwatch.${name}.node`)];
  const near = beside.find((file) => fs.existsSync(file));
  if (near !== undefined) return near;
  const here = createRequire(__filename);
  try {
    return here.resolve(`memwatch-${name}`);
  } catch {
    // Package managers that keep packages apart give it to memwatch alone.
  }
  try {
    return createRequire(here.resolve('memwatch/package.json')).resolve(`memwatch-${name}`);
  } catch {
    return undefined;
  }
}

/** @param {string} reason */
function missing(reason) {
  return withCode(new Error(reason), 'ERR_MEMWATCH_ADDON_MISSING');
}

/** The file to load; throws if it is not found. @param {string} name @returns {string} */
function addonFile(name) {
  const asked = process.env.MEMWATCH_ADDON;
  if (!asked) {
    const found = findAddon(name);
    if (found === undefined) throw notInstalled(name);
    return found;
  }
  const file = path.resolve(asked);
  if (fs.existsSync(file)) return file;
  throw missing(
    `memwatch has no native addon for ${name}: MEMWATCH_ADDON names ${file}, which does not exist. ` +
      'Unset it, or make the file with "npm run build" in a checkout of memwatch.',
  );
}

/** What to do without a binary: install the missing package, or build from source. @param {string} name */
function notInstalled(name) {
  // The published package.json names the packages with the binaries; that of the source does not.
  const { version, optionalDependencies, repository } = /** @type {any} */ (require('../package.json'));
  const url = repository.url.replace('git+', '');
  const source =
    `git clone ${url} && cd memwatch && npm ci && npm run build ` +
    `(it needs Rust and a C++ compiler), and set MEMWATCH_ADDON to the file memwatch.${name}.node that it makes`;
  // Only the package that is published has them.
  if (optionalDependencies === undefined) {
    return missing(`memwatch has no native addon for ${name} in this checkout: "npm run build" makes it.`);
  }
  const needed = `memwatch-${name}`;
  if (optionalDependencies[needed] === undefined) {
    return missing(
      `memwatch has no package for ${name}. The commands about files work without one: ` +
        `"cargo install --git ${url} memwatch-cli" makes the program memwatch (it needs Rust). ` +
        `To build all of it from source: ${source}.`,
    );
  }
  return missing(
    `memwatch's native addon for ${name} is in the package ${needed}, which is not installed: package managers ` +
      'leave it out with --omit=optional, and npm also when package-lock.json was made on another platform. ' +
      `"npm install ${needed}@${version}" adds it. To build it from source: ${source}.`,
  );
}

module.exports = { addonFile, missing };
