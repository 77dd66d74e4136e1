// Text tables that are Markdown as well, so that what was printed can stand in the
// README. Computes nothing but widths.

/** Rows of cells under a header; the first column is left-aligned, the others right. */
export function table(header, rows) {
  const lines = [header, ...rows].map((row) => header.map((_, column) => String(row[column] ?? '')));
  const widths = header.map((_, column) => Math.max(3, ...lines.map((line) => line[column].length)));
  const text = (line) =>
    `| ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : '-'.repeat(width - 1) + ':')).join(' | ')} |`;
  return [text(lines[0]), rule, ...lines.slice(1).map(text)].join('\n');
}

/** A ratio with as many digits as one per cent needs. */
export function ratio(value) {
  return value.toFixed(3);
}

/** `1.003 (0.998–1.009)`: a median and the interval it is sure of. */
export function ratioWithInterval({ median, interval }) {
  return interval === null ? ratio(median) : `${ratio(median)} (${ratio(interval[0])}–${ratio(interval[1])})`;
}

/** `0.97–1.04` */
export function extremes({ min, max }) {
  return `${min.toFixed(2)}–${max.toFixed(2)}`;
}

export function milliseconds(value) {
  return `${Math.round(value)} ms`;
}

export function seconds(value) {
  return `${(value / 1000).toFixed(2)} s`;
}

export function megabytes(bytes) {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
