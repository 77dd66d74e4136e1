'use strict';
// Where memwatch's own scripts begin: it is on the stacks of its listeners, and is not what leaks.

const path = require('node:path');

const OURS = Object.freeze([__dirname + path.sep, path.join(__dirname, '..', 'index.js')]);

module.exports = { OURS };
