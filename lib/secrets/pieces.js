'use strict';
// Whether a piece of a text, such as a part of a path, is of the kind that people choose, or
// a key that a machine has made. Judges pieces; takes nothing apart.

/** Beginnings by which the keys of well-known services are found, with what follows them. */
const KNOWN_KEYS = [
  // Amazon, Google, GitHub, GitLab, npm, PyPI, Slack, Stripe, OpenAI and others, SendGrid, Twilio, DigitalOcean, Hugging Face.
  /\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}/g,
  /\bAIza[\w-]{20,}/g,
  /\bya29\.[\w.-]+/g,
  /\bGOCSPX-[\w-]+/g,
  /\b(?:gh[pousr]_|github_pat_|gl(?:pat|ptt|dt|rt|cbt|agent)-|npm_|pypi-|dop_v1_|hf_|shpat_|shpss_|sq0[a-z]{3}-|lin_api_|pat-|figd_|dckr_pat_|nfp_|vercel_|hvs\.|s\.|ATATT|ATBB)[\w-]{12,}/g,
  /\bxox[a-z]-[\w-]{8,}/g,
  /\bxapp-[\w-]{8,}/g,
  /\b(?:sk|pk|rk|whsec|sess)[-_](?:(?:live|test|proj|ant|or)[-_])?[\w-]{12,}/g,
  /\bSG\.[\w-]{10,}\.[\w-]{10,}/g,
  /\bkey-[0-9a-f]{16,}/g,
  /\b(?:AC|SK)[0-9a-f]{32}\b/g,
  /\b\d{6,}:AA[\w-]{20,}/g,
  // A JSON web token, and a part of one.
  /\beyJ[\w-]{6,}(?:\.[\w-]*)*/g,
];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^[0-9a-f]+$/i;

// Shorter than that, chance makes words of keys and keys of words.
const LEAST_RUN = 16;
const LEAST_HEX = 32;
const LEAST_DIGITS = 3;

// A name in camel case changes once a word, and words have more than three letters on average.
const MOST_CHANGES_SHARE = 0.3;

/** How often digits and letters, and small and large letters, take turns. @param {string} run */
function changesOf(run) {
  const kinds = [...run].map((letter) => (/\d/.test(letter) ? 0 : letter === letter.toLowerCase() ? 1 : 2));
  return kinds.filter((kind, at) => at > 0 && kind !== kinds[at - 1]).length;
}

/** Whether letters and digits without anything between them are no words. @param {string} run @param {{ mayBeHash: boolean }} where */
function isRandomRun(run, { mayBeHash }) {
  if (run.length < LEAST_RUN || /^\d+$/.test(run)) return false;
  if (HEX.test(run) && /\d/.test(run)) return run.length >= LEAST_HEX ? !mayBeHash : !mayBeHash && run.length >= 20;
  const digits = run.replace(/\D/g, '').length;
  return changesOf(run) / run.length > MOST_CHANGES_SHARE || (digits >= LEAST_DIGITS && changesOf(run) >= 4);
}

/**
 * Whether a piece looks as if a machine had made it at random.
 * @param {string} piece  without white space and slashes
 * @param {{ mayBeHash?: boolean }} [where]  in the name of a file, where a hash of its contents may stand
 */
function isRandom(piece, { mayBeHash = false } = {}) {
  if (UUID.test(piece)) return false;
  return piece.split(/[^A-Za-z0-9+=]+/).some((run) => isRandomRun(run, { mayBeHash }));
}

/** A text with the known keys in it replaced. */
const withoutKnownKeys = (/** @type {string} */ text, /** @type {string} */ instead) =>
  KNOWN_KEYS.reduce((left, shape) => left.replace(shape, instead), text);

const hasKnownKey = (/** @type {string} */ text) => withoutKnownKeys(text, '\0').includes('\0');

/** Names of options, fields and variables whose values are secrets. */
const SECRET_NAME =
  /pass(?!ive|enger|port-)|pwd|secret|token(?!iz)|credential|auth(?!or\b)|cookie|session|private|signature|\bsig\b|salt|dsn|bearer|jwt|otp|\bpin\b|conn(ection)?[-_.]?(str|uri|url)|sas$|(^|[-_.])(api|access|account|shared|encryption|master|license)?[-_.]?key(s|$|[-_.\d])|[a-z]Key$|^(?:api|access|account|shared|secret|private|encryption|master|license)key$/i;

const isSecretName = (/** @type {string} */ name) => SECRET_NAME.test(name);

module.exports = { UUID, hasKnownKey, isRandom, isSecretName, withoutKnownKeys };
