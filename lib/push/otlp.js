'use strict';
// A profile as OTLP has it: the message ExportProfilesServiceRequest of opentelemetry-proto, `v1development`. That
// signal is not stable, so this file may have to change with it. It sends nothing.

const { randomBytes } = require('node:crypto');
const { Message, Strings } = require('../protobuf.js');
const { version } = require('../../package.json');

const PROFILE_ID_BYTES = 16;
const NANOSECONDS = 1_000_000n;

/** A list of the dictionary, in which number 0 is of nothing. @param {Message} dictionary @param {number} field @param {((message: Message) => void)[]} entries */
function table(dictionary, field, entries) {
  dictionary.message(field, () => {});
  for (const entry of entries) dictionary.message(field, entry);
}

/**
 * What profiles share: texts, functions and stacks by number.
 * @param {import('../pprof.js').Profile} profile
 * @param {Strings} strings
 */
function dictionaryOf({ frames, samples }, strings) {
  const write = (/** @type {Message} */ dictionary) => {
    table(dictionary, 1, []);
    table(
      dictionary,
      2,
      frames.map(({ line }, index) => (location) => {
        location.message(3, (place) => {
          place.number(1, index + 1);
          place.number(2, line ?? 0);
        });
      }),
    );
    table(
      dictionary,
      3,
      frames.map(({ function: name, file, line }) => (named) => {
        named.number(1, strings.number(name));
        named.number(3, strings.number(file ?? ''));
        named.number(4, line ?? 0);
      }),
    );
    table(dictionary, 4, []);
    table(dictionary, 6, []);
    table(
      dictionary,
      7,
      samples.map(({ frames: stack }) => (one) => {
        one.numbers(
          1,
          stack.map((frame) => frame + 1),
        );
      }),
    );
    // The texts come last: the lists above have named them.
    for (const text of strings.all()) dictionary.bytes(5, Buffer.from(text));
  };
  return write;
}

/** @param {Message} message @param {number} field @param {string} key @param {string} value */
function attribute(message, field, key, value) {
  message.message(field, (pair) => {
    pair.bytes(1, Buffer.from(key));
    pair.message(2, (any) => any.bytes(1, Buffer.from(value)));
  });
}

/**
 * @param {import('../pprof.js').Profile} profile  with one type of value
 * @param {Record<string, string>} resource  attributes, `service.name` among them
 * @returns {Buffer}
 */
function otlp(profile, resource) {
  const strings = new Strings();
  const {
    types: [[name, unit]],
    samples,
    at,
    durationMs = 0,
  } = profile;
  const request = new Message();
  request.message(1, (ofResource) => {
    ofResource.message(1, (message) => {
      for (const [key, value] of Object.entries(resource)) attribute(message, 1, key, value);
    });
    ofResource.message(2, (ofScope) => {
      ofScope.message(1, (scope) => {
        scope.bytes(1, Buffer.from('memwatch'));
        scope.bytes(2, Buffer.from(version));
      });
      ofScope.message(2, (one) => {
        one.message(1, (type) => {
          type.number(1, strings.number(name));
          type.number(2, strings.number(unit));
        });
        samples.forEach(({ values }, index) => {
          one.message(2, (sample) => {
            sample.number(1, index + 1);
            sample.numbers(4, values);
          });
        });
        const began = at.getTime() - Math.round(durationMs);
        one.fixed64(3, BigInt(began) * NANOSECONDS);
        one.number(4, BigInt(Math.round(durationMs)) * NANOSECONDS);
        one.bytes(7, randomBytes(PROFILE_ID_BYTES));
      });
    });
  });
  request.message(2, dictionaryOf(profile, strings));
  return request.end();
}

module.exports = { otlp };
