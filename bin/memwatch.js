#!/usr/bin/env node
'use strict';
// The command line's entrance. What the commands are is in lib/cli/.

require('../lib/cli/main.js')
  .main(process.argv.slice(2))
  .then((status) => {
    process.exitCode = status;
  });
