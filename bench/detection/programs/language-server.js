'use strict';
// TypeScript's language service opens the files of a project one after the other, as an editor does, and keeps them:
// the heap grows by some hundred megabytes for half of the time, and then the same files are edited again and again.
const fs = require('node:fs');
const path = require('node:path');

/** Opened in this part of the run. */
const OPENING_SHARE = 0.5;

async function setUp({ load, packages, end }) {
  const ts = load('typescript');
  const modules = path.join(packages, 'node_modules');
  const files = ['inversify', 'undici', 'i18next', 'axios', 'typescript/lib', 'lru-cache'].flatMap((folder) =>
    declarations(path.join(modules, folder)),
  );
  const versions = new Map();
  const service = ts.createLanguageService({
    getScriptFileNames: () => [...versions.keys()],
    getScriptVersion: (file) => String(versions.get(file) ?? 0),
    getScriptSnapshot(file) {
      if (!fs.existsSync(file)) return undefined;
      return ts.ScriptSnapshot.fromString(`${fs.readFileSync(file, 'utf8')}\n// ${versions.get(file) ?? 0}`);
    },
    getCurrentDirectory: () => packages,
    getCompilationSettings: () => ({ strict: true, target: ts.ScriptTarget.ES2022, types: [] }),
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
  });
  let openedUntil = 0;
  const openingMs = (end.seconds ?? 60) * OPENING_SHARE * 1000;
  let from = 0;
  return {
    operate(i) {
      from ||= Date.now();
      const share = Math.min(1, (Date.now() - from) / openingMs);
      let file = files[i % Math.max(1, openedUntil)];
      // A slow machine opens fewer files, not for longer.
      if (share < 1 && openedUntil < Math.ceil(share * files.length)) file = files[openedUntil++];
      versions.set(file, (versions.get(file) ?? 0) + 1);
      service.getSemanticDiagnostics(file);
    },
  };
}

function declarations(folder) {
  return fs
    .readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => /\.d\.ts$/.test(file));
}

module.exports = { setUp };
