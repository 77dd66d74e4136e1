'use strict';
// What may leave the machine. Everything that memwatch writes about a program for others passes
// one of these.

const { redactArguments } = require('./arguments.js');
const { redactEnvironment } = require('./environment.js');
const { withoutSecrets, withoutSecretsIn } = require('./text.js');

module.exports = { redactArguments, redactEnvironment, withoutSecrets, withoutSecretsIn };
