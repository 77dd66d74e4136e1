'use strict';
// A context for each tenant's script, kept by its number for ever. The healthy program keeps the last ten.
const vm = require('node:vm');

const KEPT = 10;

function setUp({ variant }) {
  const tenants = new Map();
  return {
    operate: function runForTenant(i) {
      const sandbox = vm.createContext({ tenant: i });
      vm.runInContext('answer = tenant + 1', sandbox);
      tenants.set(i, sandbox);
      if (variant === 'healthy') tenants.delete(i - KEPT);
    },
  };
}

module.exports = { setUp };
