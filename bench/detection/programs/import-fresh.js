'use strict';
// import-fresh 3 loads a module again and again, and leaves nothing of it behind.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

function setUp({ load }) {
  const importFresh = load('import-fresh');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'imported-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'settings.js');
  fs.writeFileSync(file, 'module.exports = { level: "info" };\n');
  return { operate: () => void importFresh(file) };
}

module.exports = { setUp };
