'use strict';
// Where a function was called from, as a site: the stack of this moment without Node's frames and memwatch's own. It
// retains no function or frame, and changes nothing that the program sees.

const path = require('node:path');
const { fileURLToPath } = require('node:url');

// As the sampler keeps of a stack by default.
const MOST_FRAMES = 48;

const OURS = path.join(__dirname, '..', path.sep);

/** The frames of this moment, innermost first; none where the program does not let its Error be changed. */
function callSites() {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  /** @type {{ stack?: unknown }} */
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

/** @param {'prepareStackTrace' | 'stackTraceLimit'} name @param {PropertyDescriptor | undefined} descriptor */
function restore(name, descriptor) {
  try {
    if (descriptor === undefined) delete Error[name];
    else Object.defineProperty(Error, name, descriptor);
  } catch {
    // It could not be changed either.
  }
}

/** Names the package of a file. @typedef {import('../types.js').Addon['packageOfFile']} PackageOfFile */

/** One frame as sites have them; undefined for Node's own, and for memwatch's. @param {any} frame @param {PackageOfFile} packageOfFile */
function placeOf(frame, packageOfFile) {
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

/** The same, where a frame is odd. @param {any} frame @param {PackageOfFile} packageOfFile */
function placeIfAny(frame, packageOfFile) {
  try {
    return placeOf(frame, packageOfFile);
  } catch {
    return undefined;
  }
}

/**
 * The place that called whatever Node function is running now, with the stack that led there; null where it is not known.
 * Of a callback without a name it says the nearest function around it that has one in the same file.
 * @param {PackageOfFile} packageOfFile
 */
function callerOfNode(packageOfFile) {
  const stack = callSites()
    .map((frame) => placeIfAny(frame, packageOfFile))
    .filter((place) => place !== undefined);
  if (stack.length === 0) return null;
  const [first] = stack;
  const isNamed = (/** @type {NonNullable<ReturnType<typeof placeOf>>} */ place) =>
    place.file === first.file && !place.function.startsWith('(');
  const named = stack.find(isNamed) ?? first;
  return { ...first, function: named.function, stack };
}

module.exports = { callerOfNode };
