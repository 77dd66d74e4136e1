'use strict';
// Reads Prometheus' text format, version 0.0.4, as strictly as its description is: what does
// not follow it throws. Knows nothing of memwatch.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABELS = '(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\n"])*",?)*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABELS})\\})? (\\S+)$`);
const PAIR = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"/g;
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);

function numberOf(text) {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  // Prometheus reads it in any case.
  if (/^nan$/i.test(text)) return NaN;
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) throw new Error(`no number: ${text}`);
  return Number(text);
}

/**
 * @param {string} text
 * @returns {{ families: Record<string, { help: string, type?: string }>,
 *   samples: { name: string, labels: Record<string, string>, value: number }[] }}
 */
function parse(text) {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  /** @type {Record<string, { help: string, type?: string }>} */
  const families = {};
  const samples = [];
  let family;
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const comment = COMMENT.exec(line);
    if (comment) {
      const [, what, name, rest] = comment;
      if (what === 'HELP') {
        if (families[name]) throw new Error(`a second family ${name}`);
        families[name] = { help: rest };
        family = name;
      } else {
        if (name !== family || !['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(line);
        families[name].type = rest;
      }
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (!sample) throw new Error(`no sample: ${line}`);
    const [, name, labels = '', value] = sample;
    const plain = families[family].type === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    if (plain !== family) throw new Error(`${name} is under ${family}`);
    samples.push({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(PAIR)].map(([, label, escaped]) => [label, JSON.parse(`"${escaped}"`)]),
      ),
      value: numberOf(value),
    });
  }
  const ids = samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]));
  if (new Set(ids).size !== ids.length) throw new Error('a series is there twice');
  return { families, samples };
}

/** The value of the one sample with this name and these labels. */
function sampleOf({ samples }, name, labels = {}) {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  if (found.length !== 1) throw new Error(`${found.length} samples ${name} ${JSON.stringify(labels)}`);
  return found[0].value;
}

module.exports = { parse, sampleOf };
