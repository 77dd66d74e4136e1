'use strict';
// Runs memwatch's command line with the arguments of this program, as `npx memwatch` does.
const path = require('node:path');

const manifest = require.resolve('memwatch/package.json');
process.argv.splice(1, 1, path.join(path.dirname(manifest), require(manifest).bin.memwatch));
require(process.argv[1]);
