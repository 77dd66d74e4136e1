'use strict';
// The HeapDiff class as users see it. It is a function, not a class, because calling it
// without `new` has an error of its own. The snapshots and their comparison are native;
// they hang on the object, which has no properties of its own.

const addon = require('./addon.js');
const { withCode } = require('./errors.js');

function HeapDiff() {
  if (new.target === undefined) {
    throw withCode(
      new TypeError('Use the new operator to create instances of this object.'),
      'ERR_MEMWATCH_NEW_REQUIRED',
    );
  }
  addon.beginDiff(this);
}

/** Calls a native function on what claims to be a HeapDiff. */
function call(method, self) {
  if (typeof self !== 'object' || self === null) throw wrongThis();
  try {
    return method(self);
  } catch (error) {
    throw error.code === 'ERR_MEMWATCH_WRONG_THIS' ? wrongThis() : error;
  }
}

function wrongThis() {
  return withCode(new TypeError('Illegal invocation'), 'ERR_MEMWATCH_WRONG_THIS');
}

HeapDiff.prototype.end = function end() {
  return call(addon.endDiff, this);
};

HeapDiff.prototype.compare = function compare() {
  return call(addon.compareDiff, this);
};

HeapDiff.prototype.update = function update() {
  call(addon.updateDiff, this);
};

// V8 compiles a function when it is first called. Were that between the two snapshots of
// the first diff, it would show there as some kilobytes of code.
for (const method of Object.values(HeapDiff.prototype)) {
  try {
    method.call({});
  } catch {
    // The wrong `this`, as meant.
  }
}

module.exports = { HeapDiff };
