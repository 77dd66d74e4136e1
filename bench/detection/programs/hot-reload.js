'use strict';
// A module that is deleted from the cache and loaded again stays in the `children` of the one that loads it.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

function setUp({ variant }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reloaded-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'settings.js');
  fs.writeFileSync(file, 'module.exports = { level: "info" };\n');
  return {
    operate: function reload() {
      delete require.cache[file];
      require(file);
      if (variant === 'healthy') /** @type {NodeModule} */ (/** @type {unknown} */ (module)).children.splice(0);
    },
  };
}

module.exports = { setUp };
