// The table and the details for people. It adds up nothing but the last line.

const COLUMNS = [
  'snapshot',
  'nodes',
  'self',
  'retained',
  'dominator',
  'distance',
  'classes',
  'differ',
  'diff rows',
  'differ',
];

const WIDTHS = [26, 11, 6, 9, 10, 9, 8, 7, 10, 7];

export function header(devtoolsVersion) {
  return [
    `memwatch and Chrome DevTools ${devtoolsVersion}: number of nodes and classes whose numbers differ`,
    '',
    format(COLUMNS),
    format(WIDTHS.map((width) => '-'.repeat(width - 2))),
  ].join('\n');
}

export function row(result) {
  if (result.failure) return `${result.name.padEnd(WIDTHS[0])}FAILED`;
  const { counts } = result.nodes;
  return format([
    result.name,
    grouped(result.nodes.nodes),
    counts.nodes ? 'count' : grouped(counts.self),
    grouped(counts.retained),
    grouped(counts.dominator),
    grouped(counts.distance),
    grouped(result.classes.rows),
    grouped(result.classes.differing),
    result.diff ? grouped(result.diff.rows) : '-',
    result.diff ? grouped(result.diff.differing) : '-',
  ]);
}

/** Everything that helps to find the cause, for one snapshot that differs. */
export function details(result) {
  const lines = [`\n${result.name}`];
  if (result.failure) lines.push(`  ${result.failure.trim().replaceAll('\n', '\n  ')}`);
  for (const complaint of result.complaints) lines.push(`  impossible: ${complaint}`);
  for (const difference of result.nodes?.first ?? []) lines.push(`  node   ${JSON.stringify(difference)}`);
  for (const node of result.described ?? []) lines.push(`  about  ${JSON.stringify(node)}`);
  for (const difference of result.classes?.first ?? []) lines.push(`  class  ${JSON.stringify(difference)}`);
  for (const difference of result.diff?.first ?? []) lines.push(`  diff   ${JSON.stringify(difference)}`);
  return lines.join('\n');
}

/** One row for many snapshots. */
export function summed(name, results) {
  const total = (pick) => results.reduce((sum, result) => sum + (result.failure ? 0 : pick(result)), 0);
  return {
    name,
    nodes: {
      nodes: total((result) => result.nodes.nodes),
      counts: Object.fromEntries(
        ['self', 'retained', 'dominator', 'distance'].map((column) => [
          column,
          total((result) => result.nodes.counts[column]),
        ]),
      ),
    },
    classes: { rows: total((result) => result.classes.rows), differing: total((result) => result.classes.differing) },
    diff: {
      rows: total((result) => result.diff?.rows ?? 0),
      differing: total((result) => result.diff?.differing ?? 0),
    },
  };
}

function format(cells) {
  return cells.map((cell, i) => (i === 0 ? String(cell).padEnd(WIDTHS[i]) : String(cell).padStart(WIDTHS[i]))).join('');
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ' ');
}
