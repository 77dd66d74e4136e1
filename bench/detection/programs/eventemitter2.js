'use strict';
// eventemitter2 0.4.14 leaves an empty branch of its tree behind for each wildcard listener that was taken off.

function setUp({ load }) {
  const { EventEmitter2 } = load('eventemitter2');
  const emitter = new EventEmitter2({ wildcard: true });
  const listener = () => {};
  return {
    operate(i) {
      emitter.on(`req.${i}.done`, listener);
      emitter.off(`req.${i}.done`, listener);
    },
  };
}

module.exports = { setUp };
