'use strict';
// Arguments of a program as they may leave the machine. All that is not known to be harmless is
// a secret: kept are the names of options, numbers, times, versions, switches, identifiers,
// addresses without their secrets, paths, and words that say how a program runs.

const { UUID, hasKnownKey, isRandom, isSecretName } = require('./pieces.js');
const { redacted, withoutSecrets } = require('./text.js');

/** Options behind which there is a whole program, with whatever stands in it. */
const PROGRAM = new Set(['-e', '--eval', '-p', '--print', '-pe']);

/** Words that say how a program runs. */
const WORDS = new Set(
  `true false yes no on off null none auto default always never all any
  start stop restart run serve server client worker workers web api app cluster master primary replica main index
  dev development prod production stage staging test testing local ci debug release
  build watch lint format check migrate seed deploy init install update
  trace verbose info notice warn warning error fatal silent quiet log
  json jsonl yaml yml xml text html csv ndjson pretty dot spec tap junit html
  http https http2 tcp udp unix ws wss grpc ipv4 ipv6 ipv4first ipv6first verbatim strict throw
  round-robin fork thread threads cjs esm module commonjs node npm npx yarn pnpm bun deno tsx ts-node nodemon pm2 forever
  asc desc utf8 utf-8 ascii base64 hex gzip brotli zstd`.split(/\s+/),
);

/** Options whose values say where and how: any other word is kept as well. */
const HARMLESS_OPTION =
  /^(host(name)?|addr(ess)?|bind(-address)?|listen|interface|server|upstream|env(ironment)?|mode|(log-?)?level|(app-|service-|instance-)?name|app|service|title|region|zone|cluster|namespace|group|role|format|reporter|output|out|config|file|dir(ectory)?|cwd|root|path|prefix|base|require|r|import|loader|experimental-loader|conditions|c|env-file|ext(ensions?)?|exclude|include|ignore|pattern|match|only|grep|branch|tag|image|version|locale|lang(uage)?|tz|timezone|queue|topic|exchange|channel|protocol|transport|type|kind|target|platform|arch|colou?r|theme|strategy|policy|schedul\w*|signal|heapsnapshot-signal|unhandled-rejections|trace-[\w-]+|dns-result-order|diagnostic-dir|report-[\w-]+|icu-data-dir|inspect[\w-]*|preset|profile|scope|stage|tier|model|driver|dialect|engine|encoding|charset|compression|script|command|task|job|plugin|feature|features|flag|enable|disable|allow-[\w-]+|disable-warning|test-[\w-]+|watch(-path)?|db-name|database|schema|table|collection|bucket|index)$/;

/** Options of one letter that programs take a password or a token by, alone or with a user. */
const SECRET_LETTER = new Set(['u', 'H', 'b', 'a', 'k', 'd']);

const SAFE_SHAPES = [
  // Numbers, with a sign, separators and a unit; lists and ranges of them; times and dates.
  /^[+-]?\d[\d_.,]*(e[+-]?\d+)?([kmgt]i?b?|b|ms|us|ns|s|m|h|d|w|%|x|px)?$/i,
  /^\d{1,10}([-:x]\d{1,10}){1,2}$/,
  /^0x[\da-f]{1,16}$/i,
  /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/,
  /^(\d+(ms|s|m|h|d)){1,4}$/,
  // Versions and ranges of them.
  /^[v^~<>=]{0,2}\d+(\.(\d+|x|\*)){1,3}(-[a-z]+(\.\d+)?)?$/i,
  UUID,
  /^SIG[A-Z0-9]{2,8}$/,
  // Addresses of machines, with a port.
  /^(localhost|\*|\d{1,3}(\.\d{1,3}){3}|\[?[\da-f]*:[\da-f:]+\]?|([a-z\d][a-z\d-]*\.)+[a-z]{2,10})?(:\d{1,5})?(\/\d{1,3})?$/i,
  // Languages and places: `en-US`, `eu-west-1`.
  /^[a-z]{2}([-_][A-Z]{2})?(\.UTF-8)?$/,
  /^[a-z]{2}-[a-z]{4,9}-\d[a-z]?$/,
];

const EXTENSION =
  /\.(?:[cm]?[jt]sx?|json5?|jsonc|ya?ml|toml|ini|conf|config|cfg|properties|env|local|production|development|test|staging|txt|md|log|out|lock|pid|sock|socket|html?|css|s[ac]ss|less|xml|csv|tsv|sql|db|sqlite3?|wasm|node|so|dylib|dll|exe|sh|bash|zsh|bat|cmd|ps1|py|rb|go|rs|java|jar|map|gz|zst|zip|tar|tgz|br|png|jpe?g|gif|svg|ico|webp|pdf|pem|crt|cer|key|p12|pfx|heapsnapshot|heapprofile|cpuprofile|proto|graphql|vue|svelte|astro|hbs|ejs|pug|lcov|snap|cjs|mjs)$/i;

/** Directories by which a path is known that begins in none of the usual ways. */
const DIRECTORY =
  /^(src|lib|libs|dist|build|bin|test|tests|__tests?__|spec|app|apps|packages|node_modules|scripts|config|public|static|assets|server|client|api|out|tmp|var|etc|usr|opt|srv|home|coverage|examples?|docs?|types|@[\w.-]+|\*\*?|\.[\w.-]+)$/;

/** The part of a path that follows one of these is a secret, unless it is a word. */
const BEFORE_SECRET = /^(tokens?|secrets?|keys?|api-?keys?|sessions?)$/i;

/** The part of an address that follows one of these belongs to one user, whatever its form. */
const BEFORE_SECRET_IN_URL =
  /^(tokens?|secrets?|keys?|api-?keys?|sessions?|auth|reset|verify|confirm|activate|invites?|magic|unsubscribe|webhooks?|hooks|services|bot)$/i;

/** Whether people choose such words: letters, few digits, and signs between them. @param {string} text */
function isWordy(text) {
  const digits = text.replace(/\D/g, '').length;
  return (
    /^@?[A-Za-z][A-Za-z\d]*([._+/-][A-Za-z\d]+)*$/.test(text) &&
    text.length <= 60 &&
    digits <= 4 &&
    !isRandom(text) &&
    !hasKnownKey(text)
  );
}

/** Options that name a machine, which may have a port: `redis:6379`. A user and a password look the same elsewhere. */
const HOST_OPTION =
  /^((db-|redis-|api-)?host(name)?|addr(ess)?|bind(-address)?|listen|server|upstream|broker|brokers|endpoint)$/;
const HOST = /^[a-z][a-z\d.-]*:\d{1,5}$/i;

const isSafe = (/** @type {string} */ text) =>
  text === '' || WORDS.has(text) || SAFE_SHAPES.some((shape) => shape.test(text));

/**
 * A part of a path. @param {string | undefined} before  the part before it
 * @param {string} part
 * @param {boolean} mayBeHash
 */
function pathPart(part, before, mayBeHash) {
  const stem = part.replace(EXTENSION, '');
  const isFile = stem !== part;
  if (
    before !== undefined &&
    BEFORE_SECRET.test(before) &&
    !isFile &&
    !/^[a-z]+([_.-][a-z]+)*$/.test(part) &&
    part !== ''
  )
    return redacted(part);
  if (hasKnownKey(part) || isRandom(stem, { mayBeHash })) return redacted(part);
  // `token-8f3a`, `session=…`: a name and its value.
  const [, name, value] = /^(.*?)[=:]([\s\S]*)$/.exec(part) ?? [];
  if (name !== undefined && (isSecretName(name) || !isSafe(value)))
    return /^[A-Za-z]?$/.test(name) && value === '' ? part : `${name}=${redacted(value)}`;
  const [, secret, rest] = /^(.*?)[-_.](\w*\d\w*)$/.exec(stem) ?? [];
  if (secret !== undefined && isSecretName(secret) && rest.length >= 4) return part.replace(rest, () => redacted(rest));
  return part;
}

/** @param {string} text */
function redactPath(text, mayBeHash = true) {
  const parts = text.split(/([/\\])/);
  return parts
    .map((/** @type {string} */ part, /** @type {number} */ at) =>
      /^[/\\]$/.test(part) ? part : pathPart(part, parts[at - 2], mayBeHash),
    )
    .join('');
}

/**
 * Whether a text is a path: from the root, from here, from home, with a file's ending, or below a directory of a project.
 * @param {string} text
 */
function isPath(text) {
  if (/[\n\r\0"'`;{}<>|@](?!\d)/.test(text.replace(/(^|[/\\])@(?=[\w.-]+[/\\])/g, '$1').replace(/\w@(?=\d)/g, '')))
    return false;
  // A key in base64 may begin with a slash; the parts of a path are words.
  if (/^(\/|\.{0,2}\/|\.{1,2}$|~|[A-Za-z]:[\\/]|\\\\)/.test(text)) return !/[+=]{1,2}$/.test(text);
  if (EXTENSION.test(text)) return !/\s/.test(text);
  return /[/\\]/.test(text) && DIRECTORY.test(text.split(/[/\\]/, 1)[0]) && !/\s/.test(text);
}

/** An address: its scheme, machine and port, and those parts of its path that are words. @param {string} text */
function redactUrl(text) {
  // The caller has seen that it is one.
  const [, scheme, rest] = /** @type {RegExpExecArray} */ (
    /^([a-z][a-z\d+.-]*:(?:[a-z]+:)?\/\/)([\s\S]*)$/i.exec(text)
  );
  if (/^file:/i.test(scheme)) return `${scheme}${redactPath(rest.replace(/[?#][\s\S]*$/, (query) => redacted(query)))}`;
  const clean = withoutSecrets(`${scheme}${rest}`);
  const [, start, authority, after] = /^([^:]+:(?:[a-z]+:)?\/\/)([^/?#\s;,]*)([\s\S]*)$/i.exec(clean) ?? [];
  if (start === undefined) return redacted(text);
  const isPlain = /^(\[redacted\]@)?(\[[\da-f:.]+\]|[\w.*-]*)(:\d{1,5})?$/i.test(authority);
  const shown = isPlain ? authority : redacted(authority);
  const [path] = after.split(/[?#;,\s]/, 1);
  const query = after.slice(path.length);
  const parts = path.split('/').map((part, at, all) => {
    const isWord =
      part === '' ||
      part.startsWith('[redacted') ||
      /^([a-z@.][a-z._@-]*|v\d{1,2}|\d{1,6}|[\w.-]+@\d[\w.-]*)(\.[a-z]\w{0,9})?$/i.test(part);
    return isWord &&
      !all.slice(0, at).some((earlier) => BEFORE_SECRET_IN_URL.test(earlier)) &&
      (part.startsWith('[redacted') || (!hasKnownKey(part) && !isRandom(part)))
      ? part
      : redacted(part);
  });
  // What is asked for was replaced above, as a whole; what is left may be parameters of another kind.
  return `${start}${shown}${parts.join('/')}${query === '' ? '' : `${query[0]}${/^.\[redacted\]$/.test(query) ? '[redacted]' : redacted(query.slice(1))}`}`;
}

/**
 * One value.
 * @param {string} text
 * @param {{ option?: string }} [of]  the name of the option that it belongs to
 */
function redactValue(text, { option = '' } = {}) {
  if (text === '') return text;
  if (/^data:/i.test(text)) return withoutSecrets(text);
  if (hasKnownKey(text)) return redacted(text);
  if (isSafe(text)) return text;
  if (/^[a-z][a-z\d+.-]*:(?:[a-z]+:)?\/\/\S*$/i.test(text)) return redactUrl(text);
  if (isPath(text)) return redactPath(text);
  const isHarmless = HARMLESS_OPTION.test(option);
  if (isHarmless && isWordy(text)) return text;
  if (HOST_OPTION.test(option) && HOST.test(text)) return text;
  const parts = text.split(',');
  if (parts.length > 1 && parts.every((part) => redactValue(part, { option }) === part)) return text;
  return redacted(text);
}

/** A name that an option may have; longer or random text is not a name. */
const isOptionName = (/** @type {string} */ name) =>
  /^[A-Za-z@][\w.:-]{0,60}$/.test(name) && !hasKnownKey(name) && !isRandom(name);

/** An argument that begins with a dash. @param {string} word */
function redactOption(word) {
  const [, dashes, name, sign = '', value] = /** @type {RegExpExecArray} */ (
    /^(-{1,2})([^=]*)(=)?([\s\S]*)$/.exec(word)
  );
  // The end of the options, or standard input.
  if (name === '' && sign === '') return word;
  if (dashes === '-' && name.length > 1 && !PROGRAM.has(word) && !isNumberOrKnown(name, sign)) {
    // `-pSECRET`, `-j4`: a letter and its value.
    const rest = word.slice(2);
    const isNumber = /^\d{1,3}$/.test(rest) && name[0] !== 'p';
    return `-${name[0]}${isNumber ? rest : redacted(rest)}`;
  }
  if (!isOptionName(name) && !/^\d+$/.test(name)) return `${dashes}${redacted(word.slice(dashes.length))}`;
  if (sign === '') return word;
  const option = normal(name);
  const shown =
    isSecretName(name) || (name.length === 1 && SECRET_LETTER.has(name))
      ? redacted(value)
      : redactValue(value, { option });
  return `${dashes}${name}=${shown}`;
}

/** A number below zero, or a long name with one dash that Node.js and V8 take too. */
const isNumberOrKnown = (/** @type {string} */ name, /** @type {string} */ sign) =>
  /^\d/.test(name) ||
  (sign === '' ? /^(rf|fr|it|ti|la|al|vv|vvv|pe|xvf|zxvf|xzf|czf)$/.test(name) : /^[a-z]+([-_][a-z]+)+$/.test(name));

const normal = (/** @type {string} */ name) =>
  name
    .replace(/_/g, '-')
    .replace(/^([A-Z])$/, '$1')
    .replace(/[A-Z](?=[a-z])/g, (/** @type {string} */ letter) => `-${letter}`)
    .toLowerCase();

/** Whether what follows an option, as a word of its own, is a secret whatever it looks like. @param {string | undefined} option */
function takesSecret(option) {
  if (option === undefined || option.includes('=')) return false;
  const name = option.replace(/^-+/, '');
  return isSecretName(name) || (name.length === 1 && SECRET_LETTER.has(name) && option[1] !== '-');
}

/**
 * Arguments without secrets.
 * @param {string[]} words
 * @param {{ executable?: boolean }} [how]  whether the first is the program that runs
 * @returns {string[]}
 */
function redactArguments(words, { executable = true } = {}) {
  return words.map((word, index) => {
    const before = words[index - 1];
    // `-p` is also what many programs take a port by.
    if (PROGRAM.has(before) && !/^\d{1,5}$/.test(word)) return `[a program of ${word.length} characters]`;
    if (word.startsWith('-') && !/^-----BEGIN/.test(word)) return redactOption(word);
    const option = before?.startsWith('-') && !before.includes('=') ? before : undefined;
    if (takesSecret(option)) return redacted(word);
    if (executable && index === 0 && isWordy(word)) return word;
    const [, name, value] = /^([A-Za-z_][\w.-]*)=([\s\S]*)$/.exec(word) ?? [];
    // `PORT=3000`, as `env` takes them.
    if (name !== undefined && isOptionName(name)) {
      return `${name}=${isSecretName(name) ? redacted(value) : redactValue(value, { option: normal(name) })}`;
    }
    return redactValue(word, { option: option === undefined ? undefined : normal(option.replace(/^-+/, '')) });
  });
}

module.exports = { isWordy, redactArguments, redactPath, redactValue };
