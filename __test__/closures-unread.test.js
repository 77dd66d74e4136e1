'use strict';
// `memwatch closures --unread` on snapshots that V8 wrote: it finds the variable of the subscription application, and of
// a program all of whose variables are read in some way it names none. What it takes for a use of a name is compared
// with TypeScript's parser, on the functions of real files.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const ts = require('typescript');
const { ROOT, cleanEnvironment, report, temporaryDirectory, told } = require('./support/cli-run.js');

const directory = temporaryDirectory();
const SUBSCRIPTION = path.join(ROOT, 'examples', 'subscription-app', 'subscription.js');

/** The snapshot that a program writes to the file of its first argument. */
function snapshotOf(name, source) {
  const program = path.join(directory, `${name}.js`);
  const file = path.join(directory, `${name}.heapsnapshot`);
  fs.writeFileSync(program, source);
  const { status, stderr } = spawnSync(process.execPath, [program, file], {
    encoding: 'utf8',
    env: cleanEnvironment({}),
  });
  assert.equal(status, 0, stderr);
  return file;
}

/** A program that refreshes subscriptions, and takes a snapshot between two refreshes. */
const subscribing = (subscribe) => `'use strict';
const { ${subscribe} } = require(${JSON.stringify(SUBSCRIPTION)});
${subscribe}(20);
setTimeout(() => {
  require('node:v8').writeHeapSnapshot(process.argv[2]);
  process.exit();
}, 600);
`;

test('the leaking variable of the subscription application is named with its holder', () => {
  const file = snapshotOf('subscription', subscribing('subscribe'));
  const answer = report(['closures', file, '--unread']);
  const [unread] = answer.variables;
  assert.equal(unread.name, 'original');
  assert.equal(unread.isRead, false);
  assert.equal(unread.function.name, 'refreshSubscription');
  const lines = fs.readFileSync(SUBSCRIPTION, 'utf8').split('\n');
  assert.match(lines[unread.function.position.line - 1], /function refreshSubscription/);
  assert.match(lines[unread.closures[0].position.line - 1], /send: /);
  assert.ok(unread.contexts >= 3, `${unread.contexts}`);
  // An e-mail of 200 KB for each.
  assert.ok(unread.retainedBytes > unread.contexts * 200_000, `${unread.retainedBytes}`);
  const text = told(['closures', file, '--unread']);
  assert.match(
    text,
    /The variable original of refreshSubscription \(\S+subscription\.js:\d+:\d+\) is read by no closure/,
  );
  assert.match(text, /Here that is send \(\S+subscription\.js:\d+:\d+\)\./);
  // The file is found by its name in any folder, and nowhere else than in the one that is named.
  const elsewhere = report(['closures', file, '--unread', '--sources', path.join(ROOT, 'examples')]);
  assert.equal(elsewhere.variables[0].name, 'original');
  const nowhere = report(['closures', file, '--unread', '--sources', temporaryDirectory()]);
  assert.ok(!nowhere.variables.some(({ name }) => name === 'original'));
  assert.ok(nowhere.scripts.some(({ script, reason }) => script === SUBSCRIPTION && reason === 'no-text'));
});

test('without the leak no such variable is reported', () => {
  const file = snapshotOf('fixed', subscribing('subscribeWithoutLeak'));
  const { variables } = report(['closures', file, '--unread']);
  assert.ok(!variables.some(({ name }) => name === 'original'), JSON.stringify(variables));
});

test('a snapshot without strings makes no statement about unread variables', () => {
  const file = path.join(directory, 'redacted.heapsnapshot');
  told(['redact', path.join(directory, 'subscription.heapsnapshot'), file]);
  const answer = report(['closures', file, '--unread', '--sources', path.join(ROOT, 'examples')]);
  assert.equal(answer.unreadCount, 0);
  assert.ok(answer.unknown.length > 0);
});

/** Variables whose names begin with `read` are read by live functions, others by none. */
const MANY_WAYS = `'use strict';
const big = (n) => ({ text: 'x'.repeat(1000) + n, more: Array.from({ length: 500 }, (_, i) => i + n) });
const kept = (globalThis.kept = []);
const keep = (...functions) => kept.push(...functions.filter((one) => one !== undefined));
function each(n) {
  const readPlain = big(n), readNested = big(n), readTemplate = big(n), readDefault = big(n), readShort = big(n);
  const readDivided = big(n), readField = big(n), readStatic = big(n), readGetter = big(n), readComputed = big(n);
  const readLater = big(n), readSpread = big(n), readTagged = big(n), readBehindRegex = big(n), readInBlock = big(n);
  const unreadA = big(n), unreadB = big(n);
  // The readers of these two are garbage immediately.
  (() => unreadA)();
  (function () { return [unreadB]; })();
  keep(
    () => readPlain,
    () => () => () => readNested,
    () => \`unreadA \${[\`\${readTemplate}\`]} unreadB\`,
    (a = readDefault) => a.unreadA,
    () => ({ readShort }),
    (unread) => (4) / readDivided.more.length / 2,
    class { field = readField; other() {} },
    class { static s = () => readStatic; },
    { get it() { return readGetter; } },
    { [\`a\${n}\`]() { return readComputed; } },
    () => Math.max(...[...readSpread.more]),
    () => String.raw\`\${readTagged}\`,
    () => /unreadA["'\`/]/.test('unreadB') || readBehindRegex,
  );
  for (const i of [1]) keep(() => readInBlock.more[i]);
  function notYet() { return readLater; }
  keep(() => notYet());
}
for (let n = 0; n < 3; n++) each(n);

async function waits() {
  const readAfterAwait = big(1), readInFinally = big(2);
  const f = () => [readAfterAwait, readInFinally];
  try { await new Promise(() => {}); } finally { f(readInFinally); }
  return readAfterAwait;
}
kept.push(waits());
function* yields() {
  const readAfterYield = big(1);
  yield () => readAfterYield === 1;
  return readAfterYield;
}
const generator = yields();
generator.next();
kept.push(generator);
class Private {
  #secret = 1;
  static check(one) { return #secret in one; }
}
kept.push(Private.check);
function withEval(readByEval) {
  const f = (text) => eval(text);
  return [f, () => 1, () => readByEval][0];
}
keep(withEval(big(1)));
const sloppy = new Function('keep', 'big', \`
  function uses(readByArguments) { (() => readByArguments)(); keep(() => 1); return arguments; }
  globalThis.held = uses(big(1));
\`);
sloppy(keep, big);
setTimeout(() => {
  require('node:v8').writeHeapSnapshot(process.argv[2]);
  process.exit();
}, 50);
`;

test('in a program that reads variables in every way, exactly the unread ones are found', () => {
  const file = snapshotOf('ways', MANY_WAYS);
  const { variables } = report(['closures', file, '--top', '1000']);
  const ours = variables.filter(({ name }) => /^(un)?read[A-Z]/.test(name));
  for (const { name, isRead } of ours) {
    if (name.startsWith('read')) assert.notEqual(isRead, false, name);
  }
  assert.ok(ours.length > 10, JSON.stringify(ours.map(({ name }) => name)));
  const unread = report(['closures', file, '--unread', '--top', '1000']).variables.map(({ name }) => name);
  for (const name of ['unreadA', 'unreadB']) assert.ok(unread.includes(name), JSON.stringify(unread));
});

/** Files as people write them, and one that a program wrote. */
const FILES = [
  ...fs.readdirSync(path.join(ROOT, 'lib')).map((name) => path.join(ROOT, 'lib', name)),
  ...['lib/application.js', 'lib/response.js', 'lib/utils.js'].map((name) => path.join(packageOf('express'), name)),
  path.join(packageOf('react'), 'cjs', 'react.development.js'),
  path.join(packageOf('react'), 'cjs', 'react.production.js'),
].filter((file) => file.endsWith('.js') && fs.existsSync(file));

function packageOf(name) {
  return path.join(ROOT, 'node_modules', name);
}

/** Of each file. */
const MOST_FUNCTIONS = 20;
const MOST_NAMES = 25;

/** The functions of a file, by where V8 says that they begin, with the names that they use. */
function functionsOf(text) {
  const source = ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const found = [];
  const visit = (node) => {
    const start = startOf(node, source);
    if (start > 0) found.push({ start, names: namesIn(node, start) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { functions: found, all: [...namesIn(source, 0)] };
}

function startOf(node, source) {
  if (ts.isClassLike(node)) return node.members.some(ts.isConstructorDeclaration) ? 0 : node.getStart(source);
  if (!ts.isFunctionLike(node) || /** @type {any} */ (node).body === undefined) return 0;
  if (ts.isArrowFunction(node)) return node.getStart(source);
  return node
    .getChildren(source)
    .find(({ kind }) => kind === ts.SyntaxKind.OpenParenToken)
    .getStart(source);
}

/** Names that are not a property after a dot. */
function namesIn(node, from) {
  const names = new Set();
  const visit = (one) => {
    const isName = ts.isIdentifier(one) || ts.isPrivateIdentifier(one);
    const { parent } = one;
    const hasDot = parent !== undefined && (ts.isPropertyAccessExpression(parent) || ts.isMetaProperty(parent));
    const isBehindDot = hasDot && parent.name === one && ts.isIdentifier(one);
    // The name of a function stands before where it begins.
    if (isName && !isBehindDot && one.getStart() >= from) names.add(one.text);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return names;
}

/** A snapshot with a closure of each function, whose context has each name as a variable. */
function snapshotWith(scripts) {
  const strings = new Map();
  const string = (text) => {
    if (!strings.has(text)) strings.set(text, strings.size);
    return strings.get(text);
  };
  const nodes = [];
  const node = (type, name, size) => nodes.push({ type, name: string(name), size, edges: [] }) - 1;
  const edge = (from, type, name, to) => nodes[from].edges.push([type, string(name), to]);
  const locations = [];
  node(9, '', 0);
  const global = node(3, 'global', 8);
  edge(0, 5, 'global', global);
  scripts.forEach(({ file, text, functions, names }, script) => {
    const source = node(2, text.slice(0, 1024), 16 + text.length);
    const code = node(4, file, 100);
    edge(code, 3, 'source', source);
    const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    for (const { start } of functions) {
      const [shared, closure, context] = [
        node(4, 'f', 50),
        node(5, `at ${start}`, 50),
        node(3, 'system / Context', 50),
      ];
      edge(shared, 3, 'script', code);
      edge(closure, 3, 'shared', shared);
      edge(closure, 3, 'context', context);
      edge(global, 2, `${script} ${start}`, closure);
      for (const name of names) edge(context, 0, name, node(3, 'Value', 1));
      const line = starts.findLastIndex((at) => at <= start);
      locations.push([closure, script + 1, line, start - starts[line]]);
    }
  });
  const meta = {
    node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
    node_types: [
      ['hidden', 'array', 'string', 'object', 'code', 'closure', 'regexp', 'number', 'native', 'synthetic'],
      ...['string', 'number', 'number', 'number', 'number'],
    ],
    edge_fields: ['type', 'name_or_index', 'to_node'],
    edge_types: [
      ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'],
      'string_or_number',
      'node',
    ],
    location_fields: ['object_index', 'script_id', 'line', 'column'],
  };
  const edges = nodes.flatMap(({ edges }) => edges.flatMap(([type, name, to]) => [type, name, to * 6]));
  return JSON.stringify({
    snapshot: { meta, node_count: nodes.length, edge_count: edges.length / 3 },
    nodes: nodes.flatMap(({ type, name, size, edges }, at) => [type, name, 2 * at + 1, size, edges.length, 0]),
    edges,
    locations: locations.flatMap(([at, script, line, column]) => [at * 6, script, line, column]),
    strings: [...strings.keys()],
  });
}

/** Some of many, spread evenly. */
const some = (all, most) => all.filter((_, at) => at % Math.ceil(all.length / most) === 0);

test('the identifiers found in functions are those of the parser of TypeScript', () => {
  const scripts = FILES.map((file) => {
    const text = fs.readFileSync(file, 'utf8');
    const { functions, all } = functionsOf(text);
    return { file, text, functions: some(functions, MOST_FUNCTIONS), names: some(all, MOST_NAMES) };
  }).filter(({ text, functions }) => text.length > 1100 && functions.length > 0 && /^[\0-\x7f]*$/.test(text));
  assert.ok(scripts.length > 20, `${scripts.length} scripts`);
  const file = path.join(directory, 'functions.heapsnapshot');
  fs.writeFileSync(file, snapshotWith(scripts));
  const { variables } = report(['closures', file, '--top', '1000000']);
  const said = new Map();
  for (const { name, isRead, closures } of variables) {
    const { name: at, position } = closures[0];
    said.set(`${position.script} ${at.slice('at '.length)} ${name}`, isRead);
  }
  const counts = { read: 0, unread: 0, unknown: 0, tooMany: 0 };
  for (const { file, functions, names } of scripts) {
    for (const { start, names: used } of functions) {
      for (const name of names) {
        const key = `${file} ${start} ${name}`;
        assert.ok(said.has(key), key);
        const isRead = said.get(key);
        if (isRead === null) counts.unknown += 1;
        else if (isRead) counts[used.has(name) ? 'read' : 'tooMany'] += 1;
        // The one mistake that must not be made.
        else if (used.has(name)) assert.fail(`${key} is said to be unread`);
        else counts.unread += 1;
      }
    }
  }
  const all = Object.values(counts).reduce((sum, count) => sum + count);
  assert.ok(counts.read > 500 && counts.unread > 5000, JSON.stringify(counts));
  assert.ok(counts.unknown + counts.tooMany < 0.02 * all, JSON.stringify(counts));
});
