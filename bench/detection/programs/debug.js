'use strict';
// debug 4.1.1 keeps every instance in `createDebug.instances`: one for each call of `debug(name)`. 4.3.4 keeps none.

function setUp({ load }) {
  const debug = load('debug');
  return { operate: () => void debug('app:req')('message') };
}

module.exports = { setUp };
