// Makes the tables of docs/reports.md from the schemas of schema/: each report with its keys, then the
// parts that several of them have. The text above the tables is written by hand.
//
//   node scripts/reports-page.mjs            prints the page
//   node scripts/reports-page.mjs --write    writes it
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const PAGE = path.join(root, 'docs', 'reports.md');

const MARK = '<!-- From here on written by `node scripts/reports-page.mjs --write`. -->\n';

/** By section: the name of each schema, and where its report comes from. @type {[string, [string, string][]][]} */
const SECTIONS = [
  [
    'What commands print with `--json`',
    [
      ['analyze', '`memwatch analyze FILE`, `memwatch.analyze()`'],
      ['diff', '`memwatch diff BEFORE AFTER`, `memwatch.diffSnapshots()`'],
      ['growth', '`memwatch diff` of three files and more'],
      ['summary', '`memwatch summary FILE`'],
      ['classes', '`memwatch classes FILE`'],
      ['shapes', '`memwatch shapes FILE`'],
      ['functions', '`memwatch functions FILE`'],
      ['closures', '`memwatch closures FILE`'],
      ['containment', '`memwatch containment FILE [@ID]`'],
      ['realms', '`memwatch realms FILE`'],
      ['scopes', '`memwatch scopes FILE`'],
      ['timeline', '`memwatch timeline FILE`'],
      ['instances', '`memwatch instances FILE CLASS`'],
      ['inspect', '`memwatch inspect FILE @ID`'],
      ['refs', '`memwatch refs FILE @ID`'],
      ['paths', '`memwatch paths FILE TARGET`'],
      ['strings', '`memwatch strings FILE`'],
      ['core', '`memwatch core FILE`'],
      ['redact', '`memwatch redact FILE OUT`'],
      ['report', '`memwatch report FILE`, of a flight recorder'],
      ['snapshot', '`memwatch snapshot PID`'],
      ['bundle', '`memwatch bundle PID`'],
      ['native', '`memwatch native PID`, `memwatch.nativeMemory()`'],
    ],
  ],
  [
    'What events carry',
    [
      ['stats', 'event `stats`'],
      ['leak', 'events `leak`, `leak-suspected`, `leak-resumed`'],
      ['leak-confirmed', 'event `leak-confirmed`'],
      ['leak-paused', 'event `leak-paused`'],
      ['leak-cleared', 'event `leak-cleared`'],
      ['triggered-snapshot', 'event `snapshot`'],
      ['gc', 'channel `memwatch:gc` of `node:diagnostics_channel`'],
    ],
  ],
  [
    'What functions return',
    [
      ['detector-state', '`memwatch.detectorState()`, where the trend is followed'],
      ['sites', '`memwatch.sites()`'],
      ['heap-diff', '`end()` and `compare()` of `new HeapDiff()`'],
      ['write-snapshot', '`memwatch.writeSnapshot()`'],
      ['analyze-now', '`memwatch.analyzeNow()`'],
      ['live-heap-diff', '`end()` of `memwatch.beginHeapDiff()`'],
      ['native-sites', '`report()` of `memwatch.nativeSites`'],
      ['trim-native-memory', '`memwatch.trimNativeMemory()`'],
    ],
  ],
  [
    'What a flight recorder keeps, and what a dashboard serves',
    [
      ['flight-recorder', 'The file of option `flightRecorder`'],
      ['dashboard-message', '`GET events` of a dashboard'],
      ['dashboard-history', '`GET history?ID` of a dashboard'],
    ],
  ],
];

/** The shared parts, by name, as they are met. */
const parts = new Map();

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The type of a key, as a reader writes it; shared parts as links. */
function typeOf(schema, whole) {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/$defs/', '');
    if (!parts.has(name)) parts.set(name, whole.$defs[name]);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${JSON.stringify(one)}\``).join(' or ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, whole)).join(' or ');
  if (schema.format === 'date-time')
    return [schema.type]
      .flat()
      .map((type) => (type === 'string' ? 'Date' : type))
      .join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items, whole)}`;
  if (schema.type === undefined) return 'anything';
  if (schema.type === 'object' && schema.additionalProperties)
    return `object of ${typeOf(schema.additionalProperties, whole)}`;
  return [schema.type].flat().join(' or ');
}

/** A table of messages, which their key `type` tells apart. */
function messages(schema, whole) {
  const rows = schema.oneOf.map(({ properties: { type, value }, description }) => {
    return `| \`${type.const}\` | ${typeOf(value, whole)} | ${cell(description)} |\n`;
  });
  return `| \`type\` | \`value\` | what it is |\n| --- | --- | --- |\n${rows.join('')}`;
}

/** A table of the keys of an object or of messages, or a list of the values of an enumeration. */
function describe(schema, whole) {
  if (schema.oneOf?.[0].properties !== undefined) return messages(schema, whole);
  if (schema.oneOf !== undefined) {
    const literal = (value) => (typeof value === 'string' ? `'${value}'` : value);
    return schema.oneOf.map(({ const: value, description }) => `- \`${literal(value)}\`: ${description}\n`).join('');
  }
  const { properties, required = [] } = schema;
  // Those that are always there are in the order of JSON.
  const optional = Object.keys(properties).filter((key) => !required.includes(key));
  const rows = [...required, ...optional].map((key) => {
    const isOptional = !required.includes(key);
    const type = typeOf(properties[key], whole);
    return `| \`${key}\`${isOptional ? ' (may be absent)' : ''} | ${type} | ${cell(properties[key].description)} |\n`;
  });
  return `| key | type | what it is |\n| --- | --- | --- |\n${rows.join('')}`;
}

function tables() {
  const out = [];
  for (const [title, reports] of SECTIONS) {
    out.push(`## ${title}\n`);
    for (const [name, of] of reports) {
      const schema = JSON.parse(fs.readFileSync(path.join(root, 'schema', `${name}.json`), 'utf8'));
      out.push(`### ${name}.json\n`, `${of}: ${schema.description}\n`, describe(schema, schema));
      // What a part consists of may be parts, too.
      for (const found of parts.values()) if (!('page' in found)) found.page = describe(found, schema);
    }
  }
  out.push('## Parts\n');
  for (const [name, { description, page }] of [...parts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    out.push(`### ${name}\n`, `${description}\n`, page);
  }
  return out.join('\n');
}

/** The whole page, as it should be. */
export function page() {
  const [written] = fs.readFileSync(PAGE, 'utf8').split(MARK);
  return `${written}${MARK}\n${tables()}`;
}

/** The reports that the page has. */
export const REPORTS = SECTIONS.flatMap(([, reports]) => reports.map(([name]) => name));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--write') fs.writeFileSync(PAGE, page());
  else process.stdout.write(page());
}
