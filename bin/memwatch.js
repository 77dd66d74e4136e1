#!/usr/bin/env node
'use strict';
// The command line's entrance. What the commands are is in lib/cli/. Written so that a Node
// that is too old can read it, and say so.

var OLDEST = 18;
var version = process.versions.node;

if (Number(version.split('.')[0]) < OLDEST) {
  process.stderr.write('memwatch: memwatch needs Node.js ' + OLDEST + ' or newer, and this is ' + version + '.\n');
  process.exitCode = 2;
} else {
  require('../lib/cli/main.js')
    .main(process.argv.slice(2))
    .then(function (status) {
      process.exitCode = status;
    });
}
