'use strict';
// TypeScript type-checks the declarations of several packages as one project after the other; what a project took is
// garbage when the next one begins. The heap rises for seconds at a time, and falls.
const fs = require('node:fs');
const path = require('node:path');

async function setUp({ load, packages }) {
  const ts = load('typescript');
  const modules = path.join(packages, 'node_modules');
  const folders = ['undici', 'inversify', 'i18next', 'axios', 'lru-cache', 'reflect-metadata', 'typescript/lib'];
  const options = { noEmit: true, strict: true, target: ts.ScriptTarget.ES2022, skipLibCheck: false, types: [] };
  const projects = folders.map((folder) => declarations(path.join(modules, folder)));
  let steps = null;
  return {
    /** Checks one file, so that the event loop turns in between as in an editor's server. */
    operate(i) {
      steps ??= check(ts, projects[i % projects.length], options);
      if (steps.next().done) steps = null;
    },
  };
}

function* check(ts, files, options) {
  const program = ts.createProgram(files, options);
  yield;
  for (const source of program.getSourceFiles()) {
    program.getSemanticDiagnostics(source);
    yield;
  }
}

function declarations(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: false })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => /\.d\.ts$/.test(file) && !file.includes('/node_modules/typescript/lib/lib.'))
    .slice(0, 200);
}

module.exports = { setUp };
