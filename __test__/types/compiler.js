'use strict';
// The TypeScript compiler for the tests of the declarations: compiles fixtures in one of
// the ways that users compile, and compares the diagnostics with those that a fixture
// announces. Emits nothing, runs nothing.

const path = require('node:path');
const ts = require('typescript');

const ROOT = path.join(__dirname, '..', '..');
const OURS = path.join(ROOT, 'index.d.ts');

const STRICT = {
  strict: true,
  noEmit: true,
  // Our declarations are checked too, not only used.
  skipLibCheck: false,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts'],
  types: ['node'],
};

/** The ways to compile. Where a package cannot resolve itself, `paths` stands for the installed package. */
const WAYS = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  commonjs: commonjs({ esModuleInterop: false }),
  interop: commonjs({ esModuleInterop: true }),
};

function commonjs(options) {
  return {
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    paths: { memwatch: [OURS] },
    ...options,
  };
}

/** Source files by name: parsing the library and Node's declarations is most of the time. */
const parsed = new Map();

function hostFor(options) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, language, ...rest) => {
    const key = `${file} ${typeof language === 'object' ? (language.impliedNodeFormat ?? '') : ''}`;
    if (!parsed.has(key)) parsed.set(key, getSourceFile(file, language, ...rest));
    return parsed.get(key);
  };
  return host;
}

/**
 * Compiles one fixture. `way` is a key of WAYS, `as` a package name that our declarations
 * shall be found under.
 * @param {string} fixture
 * @param {string} way
 * @param {{ as?: string }} [options]
 * @returns {string[]} the diagnostics, as `file:line TS<code> text`
 */
function compile(fixture, way, { as } = {}) {
  const options = { ...STRICT, ...WAYS[way] };
  if (as !== undefined) options.paths = { ...options.paths, [as]: [OURS] };
  const program = ts.createProgram([path.join(__dirname, fixture)], options, hostFor(options));
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    if (diagnostic.file === undefined) return `TS${diagnostic.code} ${text}`;
    const { line } = ts.getLineAndCharacterOfPosition(diagnostic.file, diagnostic.start);
    return `${path.relative(__dirname, diagnostic.file.fileName)}:${line + 1} TS${diagnostic.code} ${text}`;
  });
}

/** The diagnostics that a fixture announces: `// TS<code>` at the end of a line. */
function announced(fixture) {
  const lines = ts.sys.readFile(path.join(__dirname, fixture)).split('\n');
  return lines.flatMap((line, index) => {
    const marker = /\/\/ (TS\d+)$/.exec(line);
    return marker === null ? [] : [`${fixture}:${index + 1} ${marker[1]}`];
  });
}

module.exports = { compile, announced };
