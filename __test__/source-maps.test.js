'use strict';
// Positions and names of the sources in the answers on snapshots of bundles that were made here and now. The bundles in
// fixtures/source-maps were written by esbuild 0.28 (`--bundle --minify --sourcemap`, as CommonJS and as an ES module)
// and by webpack 5.113 with its minifier; the texts of their sources are in the maps. How maps are found and which are
// refused is tested in crates/commands/src/source_maps.
const assert = require('node:assert');
const fs = require('node:fs');
const { SourceMap } = require('node:module');
const path = require('node:path');
const { test } = require('node:test');
const { memwatch, report, snapshotsOf, temporaryDirectory, unfolded } = require('./support/snapshot-programs.js');

const FIXTURES = path.join(__dirname, 'fixtures', 'source-maps');
const PROGRAM = 'snapshots/bundled.mjs';

/** A program's `dist` with a bundle and its map, and a snapshot of 2,000 calls of it. */
function bundled(t, name) {
  const root = fs.realpathSync(temporaryDirectory(t));
  const bundle = path.join(root, 'dist', name);
  fs.mkdirSync(path.dirname(bundle));
  for (const end of ['', '.map']) fs.copyFileSync(path.join(FIXTURES, `${name}${end}`), `${bundle}${end}`);
  const [file] = snapshotsOf(t, PROGRAM, { operations: 2000, args: [bundle] });
  return { root, bundle, map: `${bundle}.map`, file };
}

/** The positions in a report, wherever they are in it. */
function positionsIn(value, found = []) {
  if (value === null || typeof value !== 'object') return found;
  if ('scriptId' in value) found.push(value);
  for (const one of Object.values(value)) positionsIn(one, found);
  return found;
}

for (const name of ['server.cjs', 'server.mjs']) {
  test(`the leak in the minified bundle ${name} has the names and lines of its TypeScript source`, (t) => {
    const { root, file, bundle } = bundled(t, name);
    const source = (of) => path.join(root, 'src', of);

    const functions = report('functions', file, '--top', '10000').functions;
    const track = functions.find(({ position }) => position?.original?.name === 'track');
    assert.deepStrictEqual(
      { ...track.position.original, column: 0 },
      {
        source: source('server.ts'),
        line: 6,
        column: 0,
        name: 'track',
      },
    );
    assert.ok(track.position.script.endsWith(bundle), track.position.script);
    assert.notStrictEqual(track.name, 'track', 'the name in the bundle stays what it is');

    const classes = report('classes', file, '--top', '10000').classes;
    const session = classes.find(({ position }) => position?.original?.name === 'Session');
    assert.strictEqual(session.position.original.source, source('session.ts'));
    assert.ok([7, 10].includes(session.position.original.line), `line ${session.position.original.line}`);

    for (const command of ['closures', 'scopes']) {
      const originals = positionsIn(report(command, file, '--top', '10000')).flatMap(({ original }) => original ?? []);
      const inside = originals.some((one) => one.source === source('server.ts') && one.line === 9);
      assert.ok(inside, `${command}: ${JSON.stringify(originals)}`);
      assert.ok(unfolded(memwatch(command, file).stdout).includes('src/server.ts:9:'), command);
      const without = positionsIn(report(command, file, '--top', '10000', '--no-maps'));
      assert.ok(without.length > 0 && without.every((position) => position.original === undefined), command);
    }

    const { findings } = report('analyze', file);
    const originals = positionsIn(findings).flatMap(({ original }) => original ?? []);
    assert.ok(
      originals.some((one) => one.source === source('server.ts') && one.line === 9),
      `the function that is returned: ${JSON.stringify(originals)}`,
    );

    const wide = memwatch('functions', file, '--top', '10000').stdout;
    assert.match(wide, new RegExp(`track \\(${track.name.replace('$', '\\$')}\\)`));
    for (const args of [[], ['--markdown']]) {
      const { stdout, stderr, status } = memwatch('analyze', file, ...args);
      assert.deepStrictEqual([stderr, status], ['', 0]);
      assert.ok(unfolded(stdout).includes(`${source('server.ts')}:9:`), stdout);
    }
    const paths = memwatch('paths', file, session.name).stdout;
    assert.ok(unfolded(paths).includes(`${source('server.ts')}:9:`), paths);

    const without = report('functions', file, '--top', '10000', '--no-maps').functions;
    assert.ok(positionsIn(without).every((position) => position.original === undefined));
    const stripped = functions.map((one) => ({ ...one, position: one.position && { ...one.position } }));
    for (const { position } of stripped) delete position?.original;
    assert.deepStrictEqual(stripped, without, 'everything else is the same');
  });
}

test('every position in a bundle maps to the position that Node finds in the same map', (t) => {
  let compared = 0;
  for (const name of ['server.cjs', 'server.mjs', 'registry.cjs']) {
    const { root, bundle, file, map } = bundled(t, name);
    const known = new SourceMap(JSON.parse(fs.readFileSync(map, 'utf8')));
    const answers = [report('functions', file, '--top', '10000'), report('classes', file, '--top', '10000')];
    for (const { script, line, column, original } of positionsIn(answers)) {
      if (!script?.endsWith(bundle) || original === undefined) continue;
      const entry = known.findEntry(line - 1, column - 1);
      assert.ok('originalSource' in entry);
      assert.deepStrictEqual(
        [original.source, original.line, original.column],
        [
          entry.originalSource.startsWith('webpack:')
            ? entry.originalSource.replace('/./', '/')
            : path.join(root, 'dist', entry.originalSource),
          entry.originalLine + 1,
          entry.originalColumn + 1,
        ],
      );
      compared += 1;
    }
  }
  assert.ok(compared >= 12, `${compared} positions`);
});

test('a snapshot from another machine is mapped by the files of a folder, including those of webpack', (t) => {
  const { root, file, map, bundle } = bundled(t, 'registry.cjs');
  const maps = path.join(root, 'artifacts', 'release-7', 'dist');
  fs.mkdirSync(maps, { recursive: true });
  fs.renameSync(map, path.join(maps, 'registry.cjs.map'));
  assert.deepStrictEqual(
    positionsIn(report('analyze', file)).filter(({ original }) => original),
    [],
  );
  const { classes, snapshot } = report('classes', file, '--top', '10000', '--maps', path.join(root, 'artifacts'));
  assert.strictEqual(snapshot.sourceMapNotes, undefined);
  const found = classes.find(({ position }) => position?.original?.name === 'Subscription');
  assert.strictEqual(found.position.original.source, 'webpack://shop/js/registry.js');
  assert.ok([4, 5].includes(found.position.original.line));
  // Where the script is not here, what stands between name and position is not known.
  fs.rmSync(bundle);
  const { functions } = report('functions', file, '--top', '10000', '--maps', path.join(root, 'artifacts'));
  const names = functions.map(({ name, position }) => [name, position?.original?.line]);
  assert.ok(
    names.some(([name, line]) => name === 'subscribe' && line === 11),
    JSON.stringify(names.filter(([, line]) => line)),
  );
});

test('TypeScript output with an inline map is shown with the lines of the source', (t) => {
  const ts = require('typescript');
  const root = fs.realpathSync(temporaryDirectory(t));
  const text = [
    'interface Visit { at: number }',
    'const visits: Visit[] = [];',
    '',
    'export class Visitor {',
    '  constructor(readonly id: number, readonly seen = new Array<number>(64).fill(id)) {}',
    '}',
    '',
    'export function remember(id: number): void {',
    '  const visitor = new Visitor(id);',
    '  visits.push({ at: id, later: () => visitor } as Visit);',
    '}',
    '',
  ].join('\n');
  const { outputText } = ts.transpileModule(text, {
    fileName: '../src/visits.ts',
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, inlineSourceMap: true },
  });
  const script = path.join(root, 'dist', 'visits.cjs');
  fs.mkdirSync(path.dirname(script));
  fs.writeFileSync(script, outputText);
  const [file] = snapshotsOf(t, PROGRAM, { operations: 2000, args: [script] });
  const { functions } = report('functions', file, '--top', '10000');
  const lines = functions.flatMap(({ name, position }) =>
    position?.original?.source.endsWith('visits.ts') ? [[name, position.original.line]] : [],
  );
  assert.ok(
    lines.some(([name, line]) => name === 'remember' && line === 8),
    JSON.stringify(lines),
  );
  assert.ok(
    lines.some(([name, line]) => name === 'later' && line === 10),
    JSON.stringify(lines),
  );
  assert.match(unfolded(memwatch('analyze', file).stdout), /remember\(\) @\d+ \S+visits\.ts:8:\d+/);
});

test('an invalid map is reported in one line, and the answer stays the same', (t) => {
  const { file, map, root } = bundled(t, 'server.cjs');
  fs.writeFileSync(map, '{"version":3,"mappings":');
  const { status, stdout, stderr } = memwatch('analyze', file);
  assert.deepStrictEqual([status, stderr], [0, '']);
  const notes = stdout.split('\n').filter((line) => line.startsWith('Note: '));
  assert.strictEqual(notes.length, 1, stdout);
  assert.ok(notes[0].includes(map) && notes[0].includes('not the JSON of a source map'), notes[0]);
  const { snapshot, findings } = report('analyze', file);
  assert.strictEqual(snapshot.sourceMapNotes.length, 1);
  assert.deepStrictEqual(findings, report('analyze', file, '--no-maps').findings);

  const nowhere = memwatch('functions', file, '--maps', path.join(root, 'nowhere'));
  assert.strictEqual(nowhere.status, 2);
  assert.match(
    nowhere.stderr,
    /^memwatch: the folder of source maps cannot be read: .*nowhere.*\[ERR_MEMWATCH_MAPS_UNREADABLE\]\n$/,
  );
  const both = memwatch('functions', file, '--maps', root, '--no-maps');
  assert.match(both.stderr, /--maps cannot be combined with --no-maps \[ERR_MEMWATCH_USAGE\]/);
});
