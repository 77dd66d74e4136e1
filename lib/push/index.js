'use strict';
// memwatch.pushProfiles(): sends heap profiles to a server, at intervals. asked-profile.js takes a profile,
// pyroscope.js and otlp.js build the requests. While no sampler runs nothing is sent, and profiles that cannot be sent
// are dropped: there is no queue.

const { URL } = require('node:url');
const { withCode, warnOf } = require('../errors.js');
const { weakly } = require('../lifetime.js');
const { A_NAME, check, checkOptions, kind, oneOf, wholeNumber } = require('../options.js');
const { setInterval, clearInterval } = require('../own-time.js');

const DEFAULT_SECONDS = 15;
const MOST_SECONDS = 3600;

// A server that needs longer for some hundred kilobytes is not there.
const TIMEOUT_MS = 10_000;
const MILLISECONDS = 1000;

// Reasons for no profile that are not failures.
const NOTHING_TO_SEND = new Set(['ERR_MEMWATCH_NO_SAMPLER', 'ERR_MEMWATCH_PROFILE_BUSY']);

const isText = (/** @type {unknown} */ value) => typeof value === 'string' && !/[\r\n\0]/.test(value);
const TEXTS = kind(
  'an object of strings',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText),
);

/** @param {unknown} value */
function isAddress(value) {
  try {
    return typeof value === 'string' && /^https?:$/.test(new URL(value).protocol);
  } catch {
    return false;
  }
}

const OPTIONS = {
  to: oneOf('pyroscope', 'experimental-otlp'),
  url: { ...kind('an address that begins with http:// or https://', isAddress), isSecret: true },
  name: { ...A_NAME, otherwise: 'nodejs' },
  tags: { ...TEXTS, otherwise: {} },
  headers: { ...TEXTS, isSecret: true, otherwise: {} },
  everySeconds: { ...wholeNumber({ least: 1, most: MOST_SECONDS }), otherwise: DEFAULT_SECONDS },
};

/** What becomes of a profile. @typedef {{ path: string, headers: Record<string, string>, body: Buffer }} Request */

/** @type {Record<string, (profile: import('../pprof.js').Profile, of: { name: string, tags: Record<string, string>, everySeconds: number }) => Request>} */
const FORMATS = {
  pyroscope: (profile, of) => require('./pyroscope.js').requestOf(profile, of),
  'experimental-otlp': (profile, { name, tags }) => ({
    path: '/v1development/profiles',
    headers: { 'content-type': 'application/x-protobuf' },
    body: require('./otlp.js').otlp(profile, { 'service.name': name, ...tags }),
  }),
};

/**
 * One request; rejects where the server does not take it.
 * @param {URL} base
 * @param {Request} request
 * @param {Record<string, string>} headers
 * @returns {Promise<void>}
 */
function send(base, { path, headers: own, body }, headers) {
  const { request } = base.protocol === 'https:' ? require('node:https') : require('node:http');
  const address = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
  return new Promise((resolve, reject) => {
    const asked = request(
      address,
      { method: 'POST', headers: { ...headers, ...own, 'content-length': body.length }, timeout: TIMEOUT_MS },
      (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve();
          else reject(new Error(`it answered with status ${statusCode}`));
        });
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`it did not answer within ${TIMEOUT_MS / MILLISECONDS} s`)));
    // A profile keeps no program alive.
    asked.on('socket', (socket) => socket.unref());
    asked.on('error', reject);
    asked.end(body);
  });
}

/**
 * @param {() => ReturnType<typeof import('../asked-profile.js').askedProfiles>} askedProfiles
 */
const pushProfilesOf = (askedProfiles) =>
  /**
   * @param {object} options
   * @returns {{ stop(): void }}
   */
  function pushProfiles(options) {
    const call = 'memwatch.pushProfiles()';
    const { to, url, headers, ...of } = checkOptions(call, options, OPTIONS);
    check(`The option to of ${call}`, to, OPTIONS.to);
    check(`The option url of ${call}`, url, OPTIONS.url);
    const base = new URL(url);
    let isSending = false;
    /** Reported once, until it works again. @type {string | null} */
    let said = null;

    async function push() {
      if (isSending) return;
      isSending = true;
      try {
        const profile = await askedProfiles().takeProfile({ seconds: 0, collects: false });
        await send(base, FORMATS[to](profile, /** @type {any} */ (of)), headers);
        said = null;
      } catch (/** @type {any} */ cause) {
        if (!NOTHING_TO_SEND.has(cause.code) && cause.message !== said) {
          said = cause.message;
          warnOf(
            withCode(
              new Error(`A heap profile could not be sent to ${base.host}: ${said}.`),
              'ERR_MEMWATCH_PUSH_FAILED',
            ),
          );
        }
      } finally {
        isSending = false;
      }
    }

    const timer = setInterval(weakly(push), of.everySeconds * MILLISECONDS);
    timer.unref();
    return { stop: () => clearInterval(timer) };
  };

module.exports = { pushProfilesOf };
