'use strict';
// A profile as Pyroscope takes it: `POST /ingest`, with pprof in a form. As its documentation of the server's API has
// it; Grafana Alloy's `pyroscope.receive_http` takes the same. It sends nothing.

const { randomBytes } = require('node:crypto');
const { pprof } = require('../pprof.js');

const BOUNDARY_BYTES = 16;
const MILLISECONDS = 1000;

/** How a type of value is aggregated: live bytes are not a sum over time. */
const TYPES = {
  inuse_space: { units: 'bytes', aggregation: 'average', 'display-name': 'inuse_space', sampled: false },
};

/** `shop{region=eu}`; what has a meaning there is left out of names and values. @param {string} name @param {Record<string, string>} tags */
function nameWithTags(name, tags) {
  const plain = (/** @type {string} */ text) => text.replace(/[{}=,]/g, '_');
  const pairs = Object.entries(tags).map(([key, value]) => `${plain(key)}=${plain(value)}`);
  return `${plain(name)}{${pairs.join(',')}}`;
}

/** @param {string} boundary @param {string} name @param {string} filename @param {string} type @param {Buffer} content */
const part = (boundary, name, filename, type, content) => [
  Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${filename}"\r\ncontent-type: ${type}\r\n\r\n`,
  ),
  content,
  Buffer.from('\r\n'),
];

/**
 * @param {import('../pprof.js').Profile} profile
 * @param {{ name: string, tags: Record<string, string>, everySeconds: number }} of
 */
function requestOf(profile, { name, tags, everySeconds }) {
  const until = Math.ceil(profile.at.getTime() / MILLISECONDS);
  const query = new URLSearchParams({
    name: nameWithTags(name, tags),
    from: String(until - everySeconds),
    until: String(until),
    format: 'pprof',
    spyName: 'memwatch',
  });
  const boundary = randomBytes(BOUNDARY_BYTES).toString('hex');
  const body = Buffer.concat([
    ...part(boundary, 'profile', 'profile.pprof', 'application/octet-stream', pprof(profile)),
    ...part(
      boundary,
      'sample_type_config',
      'sample_type_config.json',
      'application/json',
      Buffer.from(JSON.stringify(TYPES)),
    ),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { path: `/ingest?${query}`, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

module.exports = { requestOf };
