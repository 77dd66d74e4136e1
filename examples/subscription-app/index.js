'use strict';
// So that the directory is a program: `npx memwatch run examples/subscription-app`. It has no
// package.json, because from a package of its own `memwatch` would not be found.

const { serve } = require('./serve.js');

serve(require('./app.js'));
