'use strict';
// Prints the shapes of declared interfaces as JSON: for each of them lines such as `findings[].count: number`,
// by the compiler's own understanding of inheritance, unions and utility types. For tests that hold the
// declarations against the schemas. Arguments: the names of the interfaces.
//
// A program of its own: see declared.js.

const path = require('node:path');
const ts = require('typescript');

const INDEX = path.join(__dirname, '..', '..', 'index.d.ts');

const program = ts.createProgram([INDEX], {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
});
const checker = program.getTypeChecker();
const file = program.getSourceFile(INDEX);
const namespace = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
const exported = new Map(namespace.map((symbol) => [symbol.name, symbol]));

/** What a type is called here where it has no properties of its own; else null. */
function kindOf(type) {
  if (type.flags & ts.TypeFlags.Any) return 'any';
  if (type.isStringLiteral()) return `'${type.value}'`;
  if (type.flags & ts.TypeFlags.String) return 'string';
  if (type.flags & ts.TypeFlags.Number) return 'number';
  if (type.flags & ts.TypeFlags.BooleanLike) return 'boolean';
  if (type.flags & ts.TypeFlags.Null) return 'null';
  if (type.symbol?.name === 'Date') return 'date';
  // No plain data: JSON has the enumerable properties of one, which differ.
  if (type.symbol?.name === 'Error') return 'any';
  return null;
}

const isList = (type) => (type.isIntersection() ? type.types.every(isList) : checker.isArrayType(type));

function* lines(place, type) {
  const types = (type.isUnion() ? type.types : [type]).filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
  const kinds = types.map((one) => kindOf(one) ?? (isList(one) ? 'array' : 'object'));
  yield `${place}: ${[...new Set(kinds)].sort().join(' | ')}`;
  for (const [at, kind] of kinds.entries()) {
    if (kind === 'array') yield* lines(`${place}[]`, checker.getIndexTypeOfType(types[at], ts.IndexKind.Number));
    if (kind === 'object') yield* properties(place, types[at]);
  }
}

function* properties(place, type) {
  for (const property of checker.getPropertiesOfType(type)) {
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const name = `${place === '' ? '' : `${place}.`}${property.name}${isOptional ? '?' : ''}`;
    yield* lines(name, checker.getTypeOfSymbolAtLocation(property, file));
  }
}

const shapes = process.argv.slice(2).map((name) => {
  const symbol = exported.get(name);
  if (symbol === undefined) throw new Error(`index.d.ts exports no ${name}`);
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return [name, [...properties('', checker.getDeclaredTypeOfSymbol(target))].sort()];
});
console.log(JSON.stringify(Object.fromEntries(shapes)));
