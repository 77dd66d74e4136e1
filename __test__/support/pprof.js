'use strict';
// Files of pprof, read by a decoder that is not ours. Asserts only that a function begins where its line is.

const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { Profile } = require('pprof-format');

/** A profile with its numbers resolved: types, and stacks by name with their values. @param {Buffer} file */
function read(file) {
  const profile = Profile.decode(zlib.gunzipSync(file));
  const text = (number) => profile.stringTable.strings[Number(number)];
  const typeOf = ({ type, unit }) => `${text(type)}/${text(unit)}`;
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]));
  const frames = profile.location.map(({ id, line: [{ functionId, line }] }) => {
    const { name, filename, startLine } = functions.get(Number(functionId));
    assert.equal(Number(startLine), Number(line));
    return /** @type {const} */ ([Number(id), { function: text(name), file: text(filename), line: Number(line) }]);
  });
  const places = new Map(frames);
  return {
    types: profile.sampleType.map(typeOf),
    shown: text(profile.defaultSampleType),
    period: [typeOf(profile.periodType), Number(profile.period)],
    timeNanos: BigInt(profile.timeNanos),
    durationNanos: BigInt(profile.durationNanos),
    samples: profile.sample.map(({ locationId, value }) => ({
      stack: locationId.map((id) => places.get(Number(id))),
      // Signed numbers of 64 bits, as profile.proto has them.
      values: value.map((one) => Number(BigInt.asIntN(64, BigInt(one)))),
    })),
  };
}

/** The bytes of samples whose innermost function has this name. */
function bytesOf({ samples }, name) {
  const own = samples.filter(({ stack }) => stack[0]?.function === name);
  return own.reduce((total, { values }) => total + values[0], 0);
}

module.exports = { bytesOf, read };
