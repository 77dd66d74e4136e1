'use strict';
// Prints the declarations of index.d.ts and its companion files as JSON, so that tests can compare them with the
// running module. Knows only what these files use: interfaces, `extends`, unions of strings.
//
// A program of its own: with the compiler loaded, one heap snapshot takes a minute on Node
// 18 and 20, whose V8 looks for the ends of lines once for each function of a script.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const ROOT = path.join(__dirname, '..', '..');
const BESIDE = ['options.d.ts', 'reports.d.ts', 'errors.d.ts', 'compat.d.ts'];

function parsed(name) {
  const file = path.join(ROOT, name);
  return ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
}

const { statements } = parsed('index.d.ts').statements.find(ts.isModuleDeclaration).body;
const all = [...statements, ...BESIDE.flatMap((name) => parsed(name).statements)];
const interfaces = new Map(all.filter(ts.isInterfaceDeclaration).map((found) => [found.name.text, found]));
const aliases = new Map(all.filter(ts.isTypeAliasDeclaration).map((found) => [found.name.text, found]));

/** The interfaces that one extends, of those that are declared here. */
function bases(declaration) {
  const types = (declaration.heritageClauses ?? []).flatMap((clause) => clause.types);
  return types.flatMap((type) => interfaces.get(type.expression.text) ?? []);
}

/** The properties that an interface always has, as `[name, type]`: those it inherits first, as they are written. */
function properties(declaration) {
  const inherited = bases(declaration).flatMap(properties);
  const own = declaration.members
    .filter((member) => ts.isPropertySignature(member) && member.questionToken === undefined)
    .map((member) => [member.name.text, member.type.getText()]);
  return [...inherited, ...own];
}

/** The names of an interface's properties and methods, each once: its own first, then those it inherits. */
function members(declaration) {
  const named = declaration.members.filter((member) => member.name !== undefined);
  return [...new Set([...named.map((member) => member.name.text), ...bases(declaration).flatMap(members)])];
}

/** The strings of a union of strings; none where it is something else. */
function literals(declaration) {
  const types = declaration.type.types ?? [];
  return types.filter(ts.isLiteralTypeNode).map((type) => type.literal.text);
}

const each = (declarations, read) => Object.fromEntries([...declarations].map(([name, found]) => [name, read(found)]));

console.log(
  JSON.stringify({
    properties: each(interfaces, properties),
    members: each(interfaces, members),
    literals: each(aliases, literals),
  }),
);
