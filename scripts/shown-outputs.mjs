// Writes the outputs into README.md and docs/concepts.md anew, after the wording of a report has changed. Look at the
// difference before it is committed: the test (shown-outputs) only asks that pages and program agree.
//
//   node scripts/shown-outputs.mjs              the outputs, from the snapshots in __test__/fixtures/shop
//   node scripts/shown-outputs.mjs --pack DIR   those snapshots, from DIR/before.heapsnapshot and after.heapsnapshot
//
// A snapshot has in it where the program and its Node lie and what the environment was, so take those to be packed in an
// empty environment:
//
//   cp examples/shop.js /srv/app && cd /srv/app && env -i node shop.js
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';

const require = createRequire(import.meta.url);
const { PAGES, ROOT, unpackSnapshots, withOutputs } = require('../__test__/support/shown-outputs.js');

const { values: options } = parseArgs({ options: { pack: { type: 'string' } } });

if (options.pack) pack(options.pack);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-shown-'));
try {
  unpackSnapshots(directory);
  for (const page of PAGES.map((name) => path.join(ROOT, name))) {
    fs.writeFileSync(page, withOutputs(fs.readFileSync(page, 'utf8'), directory));
  }
} finally {
  fs.rmSync(directory, { recursive: true, force: true });
}

function pack(from) {
  const into = fileURLToPath(new URL('../__test__/fixtures/shop/', import.meta.url));
  fs.mkdirSync(into, { recursive: true });
  for (const name of ['before', 'after']) {
    const bytes = fs.readFileSync(path.join(from, `${name}.heapsnapshot`));
    const params = { [zlib.constants.BROTLI_PARAM_LGWIN]: zlib.constants.BROTLI_MAX_WINDOW_BITS };
    fs.writeFileSync(path.join(into, `${name}.heapsnapshot.br`), zlib.brotliCompressSync(bytes, { params }));
  }
}
