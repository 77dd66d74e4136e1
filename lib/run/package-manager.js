'use strict';
// Whether this process is a package manager that starts the program, not the program itself: it is not watched. Decided
// by the file that Node.js runs; loads nothing else.

const fs = require('node:fs');

/** `…/npm/bin/npm-cli.js`, `…/pnpm/bin/pnpm.cjs`, `.yarn/releases/yarn-4.1.0.cjs`, `…/corepack/dist/pnpm.js`. */
const FILE =
  /[\\/](?:npm[\\/](?:bin|lib)[\\/](?:npm|npx|cli|npm-cli|npx-cli)|(?:corepack[\\/]|pnpm[\\/]|yarn[\\/])(?:[^\\/]+[\\/]){0,3}(?:corepack|pnpm|pnpx|yarn|yarnpkg)|\.yarn[\\/]releases[\\/]yarn-[\w.-]+)\.[cm]?js$/;

/** @param {string | undefined} script  what Node.js runs */
function isPackageManager(script) {
  if (script === undefined) return false;
  if (FILE.test(script)) return true;
  try {
    return FILE.test(fs.realpathSync(script));
  } catch {
    // No file: what Node.js runs otherwise is not a package manager.
    return false;
  }
}

module.exports = { isPackageManager };
