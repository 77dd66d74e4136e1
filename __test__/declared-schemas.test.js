'use strict';
// The TypeScript declarations, the schemas and the lists in docs/reports.md have the same
// shapes, key by key with their types. That reports are so is tested where they are made.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { names, schema } = require('./support/schema.js');

/** The interface of each schema that JavaScript sees. The others are of commands that only print. */
const INTERFACES = {
  analyze: 'AnalyzeReport',
  'analyze-now': 'LiveAnalyzeReport',
  diff: 'SnapshotComparison',
  gc: 'CollectionMessage',
  'heap-diff': 'HeapDiffReportWithRetainers',
  leak: 'LeakEvent',
  'leak-cleared': 'ClearedLeak',
  'leak-confirmed': 'ConfirmedLeak',
  'leak-paused': 'PausedLeak',
  'live-heap-diff': 'LiveComparison',
  native: 'NativeMemory',
  'native-sites': 'NativeSitesTable',
  sites: 'SitesTable',
  stats: 'Stats',
  'triggered-snapshot': 'TriggeredSnapshot',
  'trim-native-memory': 'TrimmedMemory',
  'detector-state': 'DetectorState',
  'write-snapshot': 'WrittenSnapshot',
};

/** Lines that a schema has and functions do not need: `places` is null with `--fast` alone. */
const OF_COMMANDS_ALONE = { diff: { 'places: null | object': 'places: object' } };

/** The lines of a schema, as shapes.js prints those of a type. */
function* lines(place, found, root) {
  const choices = variants(found, root);
  const kinds = choices.map(({ kind }) => kind);
  yield `${place}: ${[...new Set(kinds)].sort().join(' | ')}`;
  for (const { kind, of } of choices) {
    if (kind === 'array') yield* lines(`${place}[]`, of.items, root);
    if (kind === 'object') yield* properties(place, of, root);
  }
}

function* properties(place, { properties: all, required = [] }, root) {
  for (const [key, found] of Object.entries(all)) {
    const name = `${place === '' ? '' : `${place}.`}${key}${required.includes(key) ? '' : '?'}`;
    yield* lines(name, found, root);
  }
}

/** What a schema allows, each with its kind. */
function variants(found, root) {
  if (found.$ref !== undefined) return variants(root.$defs[found.$ref.replace('#/$defs/', '')], root);
  const choices = found.anyOf ?? found.oneOf;
  if (choices !== undefined) return choices.flatMap((one) => variants(one, root));
  const strings = found.const !== undefined ? [found.const] : found.enum;
  // shapes.js prints `false` as boolean.
  const kindOf = (one) => (typeof one === 'string' ? `'${one}'` : one === null ? 'null' : typeof one);
  if (strings !== undefined) return strings.map((one) => ({ kind: kindOf(one), of: found }));
  if (found.format === 'date-time')
    return [found.type].flat().map((type) => ({ kind: type === 'string' ? 'date' : type, of: found }));
  if (found.type === undefined) return [{ kind: 'any', of: found }];
  return [found.type].flat().map((type) => ({ kind: type === 'integer' ? 'number' : type, of: found }));
}

const declared = JSON.parse(
  execFileSync(process.execPath, [path.join(__dirname, 'types', 'shapes.js'), ...Object.values(INTERFACES)], {
    encoding: 'utf8',
  }),
);

for (const [name, of] of Object.entries(INTERFACES)) {
  test(`the type declaration of ${of} matches schema/${name}.json`, () => {
    const root = schema(name);
    const less = OF_COMMANDS_ALONE[name] ?? {};
    const all = [...properties('', root, root)].map((line) => less[line] ?? line);
    assert.deepEqual(declared[of], all.sort());
  });
}

test('docs/reports.md has every report as in its schema', async () => {
  const { REPORTS, page } = await import('../scripts/reports-page.mjs');
  assert.deepEqual([...REPORTS].sort(), names());
  const written = fs.readFileSync(path.join(__dirname, '..', 'docs', 'reports.md'), 'utf8');
  assert.equal(written, page(), 'run: node scripts/reports-page.mjs --write');
});
