'use strict';
// Which requests the server accepts. A foreign page in the same browser must not get through:
// neither by its own requests (Origin, Sec-Fetch-Site), nor under a host name of its own that
// resolves to here (Host: DNS rebinding), nor by guessing (token). Sends no response itself.

const { createHash, timingSafeEqual } = require('node:crypto');
const net = require('node:net');

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

/** @param {string} text */
const hash = (text) => createHash('sha256').update(text).digest();

/** The name in a Host header, and its port; null if it is invalid. @param {string | undefined} header */
function readHost(header) {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::(\d{1,5}))?$/i.exec(header ?? '');
  return parts && { name: (parts[1] ?? parts[2]).toLowerCase(), port: Number(parts[3] ?? 80) };
}

/**
 * @param {{token: string, host: string, port: () => number | undefined}} of  the server
 */
function guard({ token, host, port }) {
  const expected = hash(token);
  const isLoopback = LOOPBACK.has(host);

  /** A name resolves to whatever its owner chooses; an address only to itself. @param {string | undefined} header */
  function isOurHost(header) {
    const asked = readHost(header);
    if (asked === null || asked.port !== port()) return false;
    if (LOOPBACK.has(asked.name)) return true;
    return !isLoopback && (net.isIP(asked.name) !== 0 || asked.name === host.toLowerCase());
  }

  /**
   * Why a request is refused: a status and a sentence; null if it is accepted.
   * @param {{method?: string, url?: string, headers: import('node:http').IncomingHttpHeaders}} request
   * @returns {{status: number, why: string} | null}
   */
  function refuses({ method, url, headers }) {
    if (!isOurHost(headers.host)) return { status: 403, why: 'Unrecognised Host header.' };
    const own = `http://${headers.host}`;
    const site = headers['sec-fetch-site'];
    const origin = headers.origin;
    if (origin !== undefined && origin.toLowerCase() !== own.toLowerCase()) {
      return { status: 403, why: 'Cross-origin requests are refused.' };
    }
    if (method !== 'GET' && origin === undefined)
      return { status: 403, why: 'Requests without an Origin header are refused.' };
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      return { status: 403, why: 'Cross-origin requests are refused.' };
    }
    const given = /^\/([^/?]*)\//.exec(url ?? '')?.[1] ?? '';
    if (!timingSafeEqual(hash(given), expected)) {
      return { status: 404, why: 'The address lacks its token: use the whole address that memwatch printed.' };
    }
    return null;
  }

  return { refuses };
}

module.exports = { guard };
