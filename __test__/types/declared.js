'use strict';
// Prints what index.d.ts declares, as JSON, so that tests can hold it against the running
// module. Knows only what that file uses: interfaces, `extends`, unions of strings.
//
// A program of its own: with the compiler loaded, one heap snapshot takes a minute on Node
// 18 and 20, whose V8 looks for the ends of lines once for each function of a script.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const FILE = path.join(__dirname, '..', '..', 'index.d.ts');

const source = ts.createSourceFile(FILE, fs.readFileSync(FILE, 'utf8'), ts.ScriptTarget.ES2022, true);
const { statements } = source.statements.find(ts.isModuleDeclaration).body;
const interfaces = new Map(statements.filter(ts.isInterfaceDeclaration).map((found) => [found.name.text, found]));
const aliases = new Map(statements.filter(ts.isTypeAliasDeclaration).map((found) => [found.name.text, found]));

/** The properties that an interface always has, as `[name, type]`: those it inherits first, as they are written. */
function properties(declaration) {
  const inherited = (declaration.heritageClauses ?? [])
    .flatMap((clause) => clause.types)
    .flatMap((type) => interfaces.get(type.expression.text) ?? [])
    .flatMap(properties);
  const own = declaration.members
    .filter((member) => ts.isPropertySignature(member) && member.questionToken === undefined)
    .map((member) => [member.name.text, member.type.getText()]);
  return [...inherited, ...own];
}

/** The names of an interface's own properties and methods, each once. */
function members(declaration) {
  const named = declaration.members.filter((member) => member.name !== undefined);
  return [...new Set(named.map((member) => member.name.text))];
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
