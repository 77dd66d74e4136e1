'use strict';
// Reads the names and types of properties out of index.d.ts, in their order, so that tests
// can hold them against the running module. Knows only what that file uses: interfaces,
// `extends`, aliases of unions.

const fs = require('node:fs');
const ts = require('typescript');
const { OURS } = require('./compiler.js');

const source = ts.createSourceFile(OURS, fs.readFileSync(OURS, 'utf8'), ts.ScriptTarget.ES2022, true);
const namespace = source.statements.find(ts.isModuleDeclaration);

function find(kind, name) {
  const found = namespace.body.statements.filter((statement) => kind(statement) && statement.name.text === name);
  if (found.length !== 1) throw new Error(`index.d.ts declares ${name} ${found.length} times`);
  return found[0];
}

/**
 * The properties of an interface: those it inherits first, as they are written.
 * @returns {[name: string, type: string][]}
 */
function properties(name) {
  const declaration = find(ts.isInterfaceDeclaration, name);
  const inherited = (declaration.heritageClauses ?? [])
    .flatMap((clause) => clause.types)
    .flatMap((type) => properties(type.expression.text));
  const own = declaration.members
    .filter(ts.isPropertySignature)
    .map((member) => [member.name.text, member.type.getText()]);
  return [...inherited, ...own];
}

/** The names of an interface's own properties and methods, each once, without those of what it extends. */
function members(name) {
  const names = find(ts.isInterfaceDeclaration, name).members.filter((member) => member.name !== undefined);
  return [...new Set(names.map((member) => member.name.text))];
}

/** The strings of a union of string literals. */
function literals(name) {
  return find(ts.isTypeAliasDeclaration, name).type.types.map((type) => type.literal.text);
}

module.exports = { properties, members, literals };
