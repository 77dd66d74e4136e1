'use strict';
// Every command of the command line on snapshots of a program whose classes, counts and holders are known, by the Node
// that runs this. To the letter the reports are tested in the core; here it is that what people and programs read has
// its parts, and that what one command says can be asked of the next.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { PROGRAMS } = require('../lib/cli/declared.js');
const { declared, fileCommands } = require('./support/cli-declared.js');
const { memwatch, report, takeSnapshots, temporaryDirectory, told } = require('./support/cli-run.js');

const EACH_ROUND = 300;
const ROUNDS = 3;
const SESSIONS = EACH_ROUND * ROUNDS;

const directory = temporaryDirectory();
const files = takeSnapshots(directory, 'known-classes.js', { operations: EACH_ROUND, rounds: ROUNDS });
const file = files.at(-1);

/** Cells of a table's row by a word in it; fails without one. */
function rowWith(text, word) {
  const row = text.split('\n').find((line) => line.split(/ {2,}/).includes(word));
  assert.ok(row !== undefined, `no row with ${word} in\n${text}`);
  return row.trim().split(/ {2,}/);
}

const sorted = (numbers) => numbers.every((number, at) => at === 0 || numbers[at - 1] >= number);

test('analyze names the leak, its holder and the next commands to type', () => {
  const { findings } = report(['analyze', file]);
  const finding = findings.find((one) => one.class === 'Session');
  assert.equal(finding.count, SESSIONS);
  assert.equal(finding.path.text, 'globalThis.__known.sessions → Map');
  assert.equal(finding.holderClass, 'Map');
  const text = told(['analyze', file]);
  assert.match(text, /^1 leak candidate in /);
  assert.match(text, /^1\. 900 × Session keep \d+\.\d MiB, \d+ % of the heap: all in one Map, @\d+/m);
  assert.match(text, /^ {3}globalThis\.__known\.sessions → Map$/m);
  assert.ok(text.includes(`signature ${finding.signature}`), text);
});

test('the commands that analyze suggests can be run', () => {
  const text = told(['analyze', file]);
  const next = [...text.matchAll(/^ {3}npx memwatch (\w+) (\S+) (\S+) +# /gm)];
  assert.deepEqual(
    next.map(([, command]) => command),
    ['inspect', 'inspect', 'paths'],
  );
  for (const [, command, of, target] of next) {
    assert.equal(of, file);
    assert.match(told([command, of, target]), /Session|Map/);
  }
});

test('a closure chain is reported with its function, location and length, collapsed', () => {
  const links = 1000;
  const [chain] = takeSnapshots(directory, 'subscription-chain.js', { operations: links });
  const text = told(['analyze', chain]);
  assert.match(text, /refreshSubscription\(\) → context\.subscriptionTemplate/);
  assert.match(text, new RegExp(`context\\.original → … \\(× ${links - 1}\\)`));
  assert.match(text, /^ {3}\w+ +\._onTimeout +refreshSubscription\(\) @\d+ +\S*subscription-chain\.js:\d+:\d+$/m);
});

test('an idle process has no leak candidate', () => {
  const [idle] = takeSnapshots(directory, 'idle-process.js', { operations: 0 });
  assert.deepEqual(report(['analyze', idle]).findings, []);
  assert.match(told(['analyze', idle]), /^No leak candidate in /);
});

test('summary lists what the memory consists of', () => {
  const { kinds, snapshot, nativeBytes, bufferBytes } = report(['summary', file]);
  assert.equal(
    kinds.reduce((sum, { nodes }) => sum + nodes, 0),
    snapshot.nodes,
  );
  assert.ok(nativeBytes >= bufferBytes);
  const text = told(['summary', file]);
  for (const part of [/^ +size +nodes +type$/m, /^Native memory: /m, /^(Detached: \d+ nodes?|Nothing is detached)$/m]) {
    assert.match(text, part);
  }
  assert.doesNotMatch(text, /nodess/);
});

test('classes counts every instance and supports every sort order', () => {
  const { classes, classCount } = report(['classes', file, '--top', '1000000']);
  assert.equal(classes.length, classCount);
  for (const name of ['Session', 'Ticket']) {
    assert.equal(classes.find((one) => one.name === name).instances, SESSIONS);
  }
  for (const [order, key] of [
    ['retained', 'retainedBytes'],
    ['shallow', 'shallowBytes'],
    ['instances', 'instances'],
  ]) {
    assert.ok(sorted(report(['classes', file, '--sort', order]).classes.map((one) => one[key])), order);
  }
  const [, , instances, , , place] = rowWith(told(['classes', file, '--sort', 'instances']), 'Session');
  assert.equal(instances, '900');
  assert.match(place, /known-classes\.js:\d+:\d+$/);
});

test('--top limits the number of rows, and the rest is counted', () => {
  const text = told(['classes', file, '--top', '3']);
  const { classCount } = report(['classes', file, '--top', '3']);
  const rows = text
    .slice(text.indexOf('\n\n') + 2)
    .trimEnd()
    .split('\n');
  assert.equal(rows.length, 1 + 3 + 1, text);
  assert.equal(rows.at(-1), `  … and ${classCount - 3} more classes`);
});

test('--fast is stated in the output, and counts the same instances without retained sizes', () => {
  const text = told(['classes', file, '--fast', '--top', '1000']);
  assert.match(text.split('\n')[0], /, fast$/);
  assert.match(text.split('\n')[1], /^Fast: /);
  assert.equal(rowWith(text, 'Session')[1], '900');
  const { snapshot, classes } = report(['classes', file, '--fast', '--top', '1000']);
  assert.equal(snapshot.precision, 'fast');
  // They were not read, so their number is unknown.
  assert.equal(snapshot.edges, null);
  assert.ok(classes.every(({ retainedBytes }) => retainedBytes === null));
  assert.match(told(['summary', file, '--fast']), /^Fast: /m);
  assert.match(told(['diff', ...files.slice(1), '--fast']), /^Fast: /m);
  assert.match(told(['diff', ...files, '--fast']), /^Fast: /m);
});

test('shapes groups objects by constructor and property names', () => {
  const { shapes } = report(['shapes', file]);
  const shape = shapes.find((one) => one.constructor === 'Session');
  assert.deepEqual([shape.instances, shape.properties], [SESSIONS, ['ticket', 'onClose', 'cookie']]);
  assert.match(told(['shapes', file]), /^ +900 +3 +\d+\.\d KiB +@\d+ +Session: ticket, onClose, cookie$/m);
  const widest = report(['shapes', file, '--sort', 'properties']).shapes;
  assert.ok(sorted(widest.map(({ propertyCount }) => propertyCount)));
});

test('functions groups closures by their location in the source', () => {
  const { functions } = report(['functions', file]);
  const closure = functions.find(({ name }) => name === 'closeSession');
  assert.deepEqual([closure.closures, closure.contexts], [SESSIONS, SESSIONS]);
  const source = fs.readFileSync(closure.position.script, 'utf8').split('\n')[closure.position.line - 1];
  assert.match(source, /function closeSession/);
  const row = rowWith(told(['functions', file]), 'closeSession');
  assert.equal(row[0], '900');
  const { line, column } = closure.position;
  assert.ok(row.at(-1).endsWith(`known-classes.js:${line}:${column}`), row.at(-1));
});

test('strings lists duplicates and slices that retain their parents', () => {
  const { duplicates, sliced, slicedCount } = report(['strings', file, '--top', '1000']);
  const duplicate = duplicates.find(({ preview }) => preview === '"room of the north side"');
  assert.equal(duplicate.copies, SESSIONS);
  assert.equal(duplicate.holder.access, '.place');
  assert.ok(slicedCount >= SESSIONS);
  assert.ok(sliced.some(({ holder }) => holder?.from.class === 'Session' && holder.access === '.cookie'));
  const text = told(['strings', file]);
  for (const title of ['Texts that are there more than once: ', 'The largest strings\n', 'Strings kept by slices ']) {
    assert.ok(text.includes(`\n${title}`), title);
  }
});

test('strings that V8 truncated are called duplicates only as far as their text is known', () => {
  const text = told(['strings', file]);
  assert.match(text, /^ *≤ \d+\.\d MiB +\d+ +4\.0 KiB +@\d+ +"cookie of a visitor/m);
  assert.match(text, /^Texts that are there more than once: .* ≤ .* to be saved\n≤: V8 wrote only the start /m);
});

test('ids printed by classes work in instances, inspect, refs and paths', () => {
  const { classes } = report(['classes', file, '--sort', 'instances', '--top', '1000']);
  const { name } = classes.find((one) => one.name === 'Session');
  const { instances, instanceCount } = report(['instances', file, name]);
  assert.equal(instanceCount, SESSIONS);

  const text = told(['instances', file, name]);
  const [, id] = /^ +\d.* (@\d+) +\{ticket: /m.exec(text);
  assert.equal(id, `@${instances[0].id}`);

  const inspected = report(['inspect', file, id]);
  assert.equal(inspected.object.class, 'Session');
  assert.equal(inspected.retainedBytes, instances[0].retainedBytes);
  const names = inspected.properties.entries.map((one) => one.name);
  for (const property of ['ticket', 'onClose', 'cookie']) assert.ok(names.includes(property), property);
  const ticket = inspected.properties.entries.find((one) => one.name === 'ticket').to;
  assert.match(told(['inspect', file, `@${ticket.id}`]), /^Ticket @\d+$/m);

  const { references } = report(['refs', file, id]);
  const holder = references.map(({ from, owner }) => owner ?? from).find((one) => one.class === 'Map');
  assert.match(told(['refs', file, id]), new RegExp(`@${holder.id} +Map +\\.get\\("session-\\d+"\\)`));
  assert.match(told(['paths', file, id]), /^ {3}globalThis\.__known\.sessions → Map → Session$/m);
  assert.match(told(['inspect', file, `@${holder.id}`]), /^900 entries seen, room for /m);
});

test('an id is accepted with and without its @', () => {
  const [{ id }] = report(['instances', file, 'Session']).instances;
  assert.equal(told(['inspect', file, `${id}`]), told(['inspect', file, `@${id}`]));
});

test('instances are sorted as requested', () => {
  const order = (...words) => report(['instances', file, 'Session', '--top', '50', ...words]).instances;
  assert.ok(sorted(order().map(({ retainedBytes }) => retainedBytes)));
  assert.ok(sorted(order('--sort', 'id').map(({ id }) => -id)));
});

test('paths to a class show how many objects share each path', () => {
  const { shapes } = report(['paths', file, 'Session']);
  assert.equal(
    shapes.reduce((sum, { count }) => sum + count, 0),
    SESSIONS,
  );
  const text = told(['paths', file, 'Session']);
  assert.match(text, /^900 objects, e\.g\. @\d+:\n {3}globalThis\.__known\.sessions → Map → Session$/m);
  assert.match(told(['paths', file, 'closeSession()']), /\.onClose/);
});

test('diff of two snapshots shows which holders and classes grew', () => {
  const [first, , last] = files;
  const { places, classes } = report(['diff', first, last]);
  assert.equal(places.isSameProcess, true);
  const grown = places.grown.find((one) => one.class === 'Session');
  assert.deepEqual(grown.counts, [EACH_ROUND, SESSIONS]);
  assert.deepEqual([grown.newCount, grown.freedCount], [SESSIONS - EACH_ROUND, 0]);
  const row = classes.classes.find(({ name }) => name === 'Session');
  assert.deepEqual([row.allocated, row.freed, row.net], [600, 0, 600]);
  assert.ok(row.retainedGrowthBytes > row.netBytes);
  const text = told(['diff', first, last]);
  assert.match(text, /^1\. \+600 × Session, \+\d+\.\d MiB retained \(300 → 900; 600 new, none freed\)/m);
  assert.match(text, /^ +net size +retained +net +allocated +freed +class +constructor at$/m);
  assert.deepEqual(rowWith(text, 'Session').slice(2, 5), ['+600', '600', '0']);
});

test('a diff with its files in reverse order shows what was freed', () => {
  const [first, , last] = files;
  const { classes } = report(['diff', last, first, '--top', '1000']).classes;
  const row = classes.find(({ name }) => name === 'Session');
  assert.deepEqual([row.allocated, row.freed, row.net], [0, 600, -600]);
});

test('diff sorts as requested', () => {
  const [first, , last] = files;
  const keys = { net: 'netBytes', retained: 'retainedGrowthBytes', instances: 'net', allocated: 'allocatedBytes' };
  for (const [order, key] of Object.entries(keys)) {
    const { classes } = report(['diff', first, last, '--sort', order, '--top', '5']).classes;
    assert.ok(sorted(classes.map((one) => one[key])), order);
  }
});

test('diff of three snapshots shows only what grows every time', () => {
  const { places, classes } = report(['diff', ...files]);
  assert.deepEqual(places.grown.find((one) => one.class === 'Session').counts, [300, 600, 900]);
  const grown = classes.classes.find(({ name }) => name === 'Session');
  assert.deepEqual(grown.instances, [300, 600, 900]);
  const text = told(['diff', ...files]);
  assert.match(text, /\(300 → 600 → 900; 600 new, none freed\)/);
  assert.match(text, /^\d+ class(es)? grew every time/m);
  const backAndForth = [files[0], files[2], files[1]];
  assert.deepEqual(report(['diff', ...backAndForth]).places.grown, []);
  assert.match(told(['diff', ...backAndForth]), /^Nothing grew in every interval\./);
});

test('--fail-on-growth gives exit status 1, and 0 with the printed signature in the baseline', () => {
  const words = ['diff', ...files, '--fail-on-growth'];
  const failed = memwatch(words);
  assert.deepEqual([failed.status, failed.stderr], [1, '']);
  const signatures = [...failed.stdout.matchAll(/^ {3}signature (\w+)$/gm)].map(([, signature]) => signature);
  assert.ok(signatures.length >= 1, failed.stdout);

  const baseline = path.join(directory, 'baseline.txt');
  fs.writeFileSync(baseline, `# known since the spring\n\n${signatures.map((one) => `${one}  a note\n`).join('')}`);
  const text = told([...words, '--baseline', baseline]);
  assert.match(text, new RegExp(`^ {3}signature ${signatures[0]} \\(known\\)$`, 'm'));

  fs.writeFileSync(baseline, '0000000000000000\n');
  assert.equal(memwatch([...words, '--baseline', baseline]).status, 1);
  assert.equal(memwatch(['diff', files[0], files[0], '--fail-on-growth']).status, 0);
});

test('the signature of a leak is the same in the next run of the program', () => {
  const [again] = takeSnapshots(temporaryDirectory(), 'known-classes.js', { operations: SESSIONS });
  const signature = (of) => report(['analyze', of]).findings.map((one) => one.signature);
  assert.deepEqual(signature(again), signature(file));
});

test('every command has its own help, and --help lists its options', () => {
  const overview = told(['--help']);
  assert.equal(told(['help']), overview);
  for (const [name, { answers, options }] of Object.entries(fileCommands())) {
    assert.ok(overview.includes(answers), name);
    assert.equal(told([name, '--help']), told(['help', name]));
    for (const option of ['json', 'help']) assert.ok(Object.hasOwn(options, option), `${name} --${option}`);
  }
  for (const { name, usage, answers, options } of Object.values(PROGRAMS)) {
    assert.ok(overview.includes(answers), name);
    assert.equal(told([name, '--help']), told(['help', name]));
    const printed = declared(name);
    assert.deepEqual([printed.usage, printed.answers], [usage, answers]);
    assert.deepEqual(Object.keys(printed.options), [...options.map((option) => option.name), 'help']);
  }
  assert.equal(told(['--version']), `${require('../package.json').version}\n`);
});

test('the default sort order is the one that --help states', () => {
  const operands = { instances: [file, 'Session'], diff: [files[0], file] };
  for (const [name, { options }] of Object.entries(fileCommands()).filter(([, one]) => one.options.sort)) {
    const words = [name, ...(operands[name] ?? [file]), '--top', '3'];
    assert.equal(told([...words, '--sort', options.sort.byDefault]), told(words), name);
  }
});

test('the default number of rows is the one that --help states', () => {
  const rowsOf = {
    classes: ({ classes }) => classes,
    shapes: ({ shapes }) => shapes,
    functions: ({ functions }) => functions,
    strings: ({ duplicates }) => duplicates,
  };
  for (const [name, rows] of Object.entries(rowsOf)) {
    assert.equal(rows(report([name, file])).length, Number(declared(name).options.top.byDefault), name);
  }
  const map = report(['analyze', file]).findings[0].holderId;
  const { byDefault } = declared('inspect').options.top;
  assert.equal(report(['inspect', file, `@${map}`]).collection.entries.length, Number(byDefault));
});
