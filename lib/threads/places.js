'use strict';
// Where a function was called from, as a site: the stack of this moment without Node's frames and memwatch's own. It
// does not keep what it has looked at, and it changes nothing that the program sees.

const path = require('node:path');
const { fileURLToPath } = require('node:url');
const { packageOfFile } = require('../addon.js');

// As the sampler keeps of a stack by default.
const MOST_FRAMES = 48;

const OURS = path.join(__dirname, '..', path.sep);

/** The frames of this moment, innermost first; none where the program does not let its Error be changed. */
function callSites() {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  const holder = {};
  try {
    Error.stackTraceLimit = MOST_FRAMES;
    Error.prepareStackTrace = (_, sites) => sites;
    Error.captureStackTrace(holder, callSites);
    return Array.isArray(holder.stack) ? holder.stack : [];
  } catch {
    return [];
  } finally {
    restore('prepareStackTrace', before);
    restore('stackTraceLimit', limit);
  }
}

function restore(name, descriptor) {
  try {
    if (descriptor === undefined) delete Error[name];
    else Object.defineProperty(Error, name, descriptor);
  } catch {
    // It could not be changed either.
  }
}

/** One frame as sites have them; undefined for Node's own, and for memwatch's. */
function placeOf(frame) {
  const name = frame.getFileName() ?? frame.getEvalOrigin?.();
  if (typeof name !== 'string' || name.startsWith('node:')) return undefined;
  const file = name.startsWith('file:') ? fileURLToPath(name) : name;
  if (file.startsWith(OURS)) return undefined;
  return {
    function: frame.getFunctionName() || '(anonymous)',
    file,
    line: frame.getLineNumber(),
    column: frame.getColumnNumber(),
    package: packageOfFile(file),
  };
}

/** The same, where a frame is odd. */
function placeIfAny(frame) {
  try {
    return placeOf(frame);
  } catch {
    return undefined;
  }
}

/**
 * The place that called whatever Node function is running now, with the stack that led there; null where it is not known.
 * Of a callback without a name it says the nearest function around it that has one in the same file.
 */
function callerOfNode() {
  const stack = callSites()
    .map(placeIfAny)
    .filter((place) => place !== undefined);
  if (stack.length === 0) return null;
  const [first] = stack;
  const isNamed = (place) => place.file === first.file && !place.function.startsWith('(');
  const named = stack.find(isNamed) ?? first;
  return { ...first, function: named.function, stack };
}

module.exports = { callerOfNode };
