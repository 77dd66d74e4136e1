'use strict';
// The HeapDiff class as users see it. It is a function, not a class, because calling it
// without `new` has an error of its own. The snapshots and their comparison are native;
// so is the object itself, which lets V8 refuse a wrong `this` before any of our code
// runs.

const addon = require('./addon.js');
const { withCode } = require('./errors.js');

const native = addon.HeapDiff;

function HeapDiff() {
  if (new.target === undefined) {
    throw withCode(
      new TypeError('Use the new operator to create instances of this object.'),
      'ERR_MEMWATCH_NEW_REQUIRED',
    );
  }
  return Reflect.construct(native, [], new.target);
}

/** Calls a native method on what claims to be a HeapDiff. */
function call(method, self) {
  try {
    return method.call(self);
  } catch (error) {
    // V8's own answer to a wrong `this`, which has no code. Ours all have one.
    if (error instanceof TypeError && error.code === undefined) withCode(error, 'ERR_MEMWATCH_WRONG_THIS');
    throw error;
  }
}

HeapDiff.prototype.end = function end() {
  return call(native.prototype.end, this);
};

HeapDiff.prototype.compare = function compare() {
  return call(native.prototype.compare, this);
};

HeapDiff.prototype.update = function update() {
  call(native.prototype.update, this);
};

module.exports = { HeapDiff };
