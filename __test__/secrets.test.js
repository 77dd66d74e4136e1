'use strict';
// What may leave the machine: of planted secrets in the forms in which programs are given them
// nothing stays, and what is harmless stays readable.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { redactArguments, redactEnvironment, withoutSecrets, withoutSecretsIn } = require('../lib/secrets/index.js');

const hex = (bytes) => 'c0ffee5ec0de'.repeat(bytes).slice(0, bytes * 2);
const basic = Buffer.from('admin:hunter2planted').toString('base64');

/** Arguments, and what of them must be nowhere. */
/** @type {[words: string[], secret: string][]} */
const PLANTED_ARGUMENTS = [
  [['--conn', 'Server=db;Password=planted1'], 'planted1'],
  [['--db', 'postgres://u:ab/planted2@h/db'], 'planted2'],
  [['--db', 'postgres://u:1234/planted3@h/db'], 'planted3'],
  [['--db=postgres://u:pl@nted4@h:5432/db'], 'nted4'],
  [['--db', 'postgres://user:plan%40ted5%2F@h/db'], 'ted5'],
  [['mysql://root:planted6@localhost:3306/app'], 'planted6'],
  [['mongodb+srv://app:planted7@cluster0.ab12c.mongodb.net/db?retryWrites=true'], 'planted7'],
  [['mongodb://a:planted8@h1:27017,h2:27017/db?authSource=admin'], 'planted8'],
  [['redis://:planted9@cache:6379/0'], 'planted9'],
  [['rediss://default:planted10@cache:6380'], 'planted10'],
  [['amqp://guest:planted11@rabbit:5672/%2f'], 'planted11'],
  [['amqps://planted12@rabbit/vhost'], 'planted12'],
  [['jdbc:postgresql://h:5432/db?user=a&password=planted13'], 'planted13'],
  [['jdbc:oracle:thin:scott/planted14@//h:1521/x'], 'planted14'],
  [['jdbc:sqlserver://h:1433;databaseName=a;user=sa;password=planted15;'], 'planted15'],
  [['Driver={ODBC Driver 17};Server=h;Uid=sa;Pwd=planted16;'], 'planted16'],
  [['DSN=prod;UID=sa;PWD={planted17;x}'], 'planted17'],
  [['--azure=AccountName=x;AccountKey=planted18=='], 'planted18'],
  [['Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=planted19='], 'planted19'],
  [['--config={"password":"planted20"}'], 'planted20'],
  [['--config', '{"db":{"auth":["planted21"]}}'], 'planted21'],
  [['--yaml', 'db:\n  password: planted22\n'], 'planted22'],
  [['--toml', '[db]\npassword = "planted23"'], 'planted23'],
  [['-u', 'admin:planted24'], 'planted24'],
  [['-u', 'planted25'], 'planted25'],
  [['--user=admin:planted26'], 'planted26'],
  [['-pplanted27'], 'planted27'],
  [['mysql', '-uroot', '-pPlanted28', 'db'], 'Planted28'],
  [['-p', 'planted29'], 'planted29'],
  [['-a', 'planted30'], 'planted30'],
  [['--header', 'Authorization: Bearer planted31'], 'planted31'],
  [['-H', 'X-Api-Key: planted32'], 'planted32'],
  [['--header=Cookie: sid=planted33'], 'planted33'],
  [['-b', 'session=planted34'], 'planted34'],
  [['--url=https://h/#access_token=planted35'], 'planted35'],
  [['https://h/cb?code=planted36&state=x'], 'planted36'],
  [['https://h/callback;jsessionid=planted37'], 'planted37'],
  [['https://hooks.slack.com/services/T0PLANT38/B0PLANT38/abcDEFghi'], 'PLANT38'],
  [['https://api.telegram.org/bot123456789:AAplanted39abcdefghijklmnop/getMe'], 'planted39'],
  [['https://planted40@github.com/org/repo.git'], 'planted40'],
  [['https://x-access-token:planted41@github.com/org/repo'], 'planted41'],
  [['--remote', 'git+ssh://git:planted42@h/x'], 'planted42'],
  [['data:text/javascript,const apiKey="planted43"'], 'planted43'],
  [['--import', 'data:text/javascript;base64,cGxhbnRlZDQ0'], 'cGxhbnRlZDQ0'],
  [['PGPASSWORD=planted45', 'psql'], 'planted45'],
  [['AWS_SECRET_ACCESS_KEY=planted46/x+y'], 'planted46'],
  [['--token', 'planted47'], 'planted47'],
  [['--api-key=planted48'], 'planted48'],
  [['--apiKey', 'planted49'], 'planted49'],
  [['--db.password=planted50'], 'planted50'],
  [['--auth', '1234'], '1234'],
  [['AKIAIOSFODNN7PLANTED'], 'PLANTED'],
  [['AIzaSyplanted52abcdefghijklmnopqrstuvwx'], 'planted52'],
  [['ghp_planted53abcdefghijklmnopqrstuvwx'], 'planted53'],
  [['github_pat_11ABC_planted54abcdefghijklmnop'], 'planted54'],
  [['xoxb-123456789012-planted55'], 'planted55'],
  [['sk_live_planted56abcdefghijkl'], 'planted56'],
  [['npm_planted57abcdefghijklmnopqrstuvwxyz'], 'planted57'],
  [['eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjo1OH0.c2lnbmF0dXJl'], 'eyJwbGFudGVk'],
  [['-----BEGIN PRIVATE KEY-----\nMIIplanted59\n-----END PRIVATE KEY-----'], 'planted59'],
  [['--pem=-----BEGIN CERTIFICATE-----\nMIIplanted60\n'], 'planted60'],
  [['-H', `Authorization: Basic ${basic}`], basic],
  [[`--proxy-auth=${basic}`], basic],
  [['--name', 'a:planted63'], 'planted63'],
  [['planted64-as-a-plain-word'], 'planted64'],
  [['--verbose', 'planted65'], 'planted65'],
  [['/srv/tokens/Planted66x/app.js'], 'Planted66x'],
  [['/srv/data/session=planted67/app.js'], 'planted67'],
  [['./keys/ghp_planted68abcdefghijklmnop.txt'], 'planted68'],
  [['/tmp/token-planted69'], 'planted69'],
  [['file:///srv/app.js?token=planted70'], 'planted70'],
  [['--registry', '//registry.npmjs.org/:_authToken=planted71'], 'planted71'],
  [['--hash', hex(32)], hex(32)],
  [['--data', 'grant_type=password&password=planted73'], 'planted73'],
  [['-d', '{"pin":"planted74"}'], 'planted74'],
  [['smtp://mailer%40x.org:planted75@smtp.x.org:587'], 'planted75'],
  [['ldap://cn=admin,dc=x:planted76@h'], 'planted76'],
  [['sqlserver://h;user=sa;password=planted77'], 'planted77'],
  [['--socks', 'socks5h://u:planted78@h:1080'], 'planted78'],
  [['--passphrase=correct horse planted79'], 'planted79'],
  [['--dsn', 'https://0123456789abcdefplanted80@o1.ingest.sentry.io/1'], 'planted80'],
  [['-e', 'login("planted81")'], 'planted81'],
  [['--planted82=x', '--ghp_planted82abcdefghijklmnop'], 'ghp_planted82'],
  [['whsec_planted83abcdefghij'], 'planted83'],
  [['SG.planted84abcdef.ghijklmnopqrstuv'], 'planted84'],
];

test('no planted secret stays in arguments', () => {
  assert.ok(PLANTED_ARGUMENTS.length >= 60);
  for (const [words, secret] of PLANTED_ARGUMENTS) {
    const left = redactArguments(['node', '/srv/app.js', ...words]).join(' ');
    assert.ok(!left.includes(secret), `${words.join(' ')} → ${left}`);
  }
});

/** Arguments that stay as they are. */
const HARMLESS_ARGUMENTS = [
  ['/usr/bin/node'],
  ['/srv/app/server.js'],
  ['app.js'],
  ['./dist/index.mjs'],
  ['../lib/worker.cjs'],
  ['src/main.ts'],
  ['bin/www'],
  ['--port', '8080'],
  ['--port=3000'],
  ['-p', '3000'],
  ['--host', '0.0.0.0'],
  ['--host=localhost'],
  ['--listen', '127.0.0.1:9229'],
  ['--address', '[::1]:8080'],
  ['--max-old-space-size=4096'],
  ['--max_old_space_size=4096'],
  ['--expose-gc'],
  ['--inspect=0.0.0.0:9229'],
  ['--heapsnapshot-signal', 'SIGUSR2'],
  ['--require', 'dotenv/config'],
  ['-r', 'ts-node/register'],
  ['--import', './instrument.mjs'],
  ['--enable-source-maps'],
  ['--unhandled-rejections=strict'],
  ['--env', 'production'],
  ['--log-level', 'debug'],
  ['--verbose'],
  ['-v'],
  ['--workers', '4'],
  ['--timeout=30s'],
  ['--memory', '512MiB'],
  ['--ratio=0.75'],
  ['--enabled=true'],
  ['--no-color'],
  ['--version=1.2.3'],
  ['--tag', 'v20.11.1'],
  ['--region', 'eu-west-1'],
  ['--locale=en-US'],
  ['--name', 'order-service'],
  ['--config', '/etc/app/config.yml'],
  ['--request-id', '123e4567-e89b-42d3-a456-426614174000'],
  ['/srv/releases/3f2a9c1de0b84c77a1f09d5e6b2c8a4f13d7e5b0/server.js'],
  ['dist/main.8f3a2b1c9d0e4f5a6b7c.js'],
  ['/app/chunks/123e4567-e89b-42d3-a456-426614174000.json'],
  ['/srv/app/auth/session-store.js'],
  ['/srv/app/node_modules/jsonwebtoken/index.js'],
  ['/srv/app/node_modules/@scope/some-package/lib/keyboard-handler.js'],
  ['/srv/app/node_modules/.pnpm/express@4.18.2/node_modules/express/index.js'],
  ['https://example.com/api/v1/items'],
  ['http://localhost:3000/health'],
  ['--since', '2026-11-20'],
  ['--at=2026-11-20T10:00:00Z'],
  ['--ext', '.ts,.tsx'],
  ['C:\\Program Files\\app\\server.js'],
  ['cluster'],
  ['serve'],
  ['PORT=3000'],
  ['NODE_ENV=production'],
  ['--'],
];

test('harmless text stays readable', () => {
  assert.ok(HARMLESS_ARGUMENTS.length >= 40);
  for (const words of HARMLESS_ARGUMENTS) {
    const all = ['node', '/srv/app.js', ...words];
    assert.deepEqual(redactArguments(all), all);
  }
});

/** Texts other than arguments: reasons, names of scripts, messages. */
const PLANTED_TEXTS = [
  ['f() https://deploy:planted1@cdn.example/app.js?token=planted1', 'planted1'],
  ['data:text/javascript,const apiKey="planted2";export function fill(k){}', 'planted2'],
  ['data:text/javascript;charset=utf-8;base64,Y29uc3Q=planted3', 'planted3'],
  ['connect to postgres://u:a/b@planted4@h/db failed', 'planted4'],
  ['{"password":"planted5 with spaces","x":1}', 'planted5'],
  ['{\\"token\\":\\"planted6\\"}', 'planted6'],
  ["apiKey: 'planted7'", 'planted7'],
  ['Set-Cookie: sid=planted8; Path=/', 'planted8'],
  ['Authorization: Digest username="x", response="planted9"', 'planted9'],
  ['user=a;Password=planted10;Database=x', 'planted10'],
  ['https://h/#id_token=planted11', 'planted11'],
  ['service --password planted-by-name=1', undefined],
  [`x ${hex(20)} y`, hex(20)],
];

test('text that resembles a secret is removed, and a second pass changes nothing', () => {
  for (const [text, secret] of PLANTED_TEXTS) {
    const left = withoutSecrets(text);
    if (secret !== undefined) assert.ok(!left.includes(secret), `${text} → ${left}`);
    assert.equal(withoutSecrets(left), left);
  }
});

test('sentences, paths and numbers of reports stay unchanged', () => {
  for (const text of [
    'heap growth over 5 consecutive GCs (20s) - 11.67 mb/hr',
    'kept through one Set: 28.0 MiB, 85 %',
    'module store.mjs → store → Map',
    '/srv/app/lib/session-store.js:12:34',
    'file:///srv/app/node_modules/passport/lib/middleware/authenticate.js',
    'node:internal/crypto/keygen',
    'socket:[123456]',
    'anon_inode:[eventpoll]',
    '/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30',
    '/dev/shm/sem.Xyz (deleted)',
    '(anonymous)',
    'memwatch_heap_used_bytes{pid="123",thread="0"} 1.5e7',
    'useInfiniteScrollPaginationWithVirtualizedList2',
    '123e4567-e89b-42d3-a456-426614174000',
    'https://cdn.example/npm/package@1.2.3/dist/index.js',
  ]) {
    assert.equal(withoutSecrets(text), text);
  }
});

test('secrets are removed from a value at any depth, and its structure stays', () => {
  const value = { n: 1, none: null, list: ['Bearer planted', { at: 'data:,planted' }], ok: true };
  assert.deepEqual(withoutSecretsIn(value), {
    n: 1,
    none: null,
    list: ['Bearer [redacted]', { at: 'data:[redacted, 8 characters]' }],
    ok: true,
  });
});

test('tokens of memwatch are removed from the environment, and so are secrets in harmless variables', () => {
  const told = redactEnvironment({
    MEMWATCH_DASHBOARD_TOKEN: 'planted-page-token',
    MEMWATCH_RUN_FEED: '/tmp/memwatch-planted/feed',
    MEMWATCH_SNAPSHOT_SIGNAL: 'SIGUSR2',
    NODE_ENV: 'production',
    HOSTNAME: 'web-7d9f8b6c5-x2x4z',
    TZ: 'Europe/Berlin',
    LANG: 'en_US.UTF-8',
    USER: 'ghp_planted53abcdefghijklmnopqrstuvwx',
    NODE_OPTIONS: '--max-old-space-size=512 --require data:text/javascript,planted --planted planted',
    PATH: '/usr/local/bin:/usr/bin:/opt/ghp_planted53abcdefghijklmnopqrstuvwx/bin',
    CLICOLOR: 'planted',
  });
  for (const [name, value] of Object.entries(told))
    assert.ok(!value.replace('--planted', '').includes('planted'), `${name}: ${value}`);
  assert.deepEqual(
    [told.MEMWATCH_SNAPSHOT_SIGNAL, told.NODE_ENV, told.HOSTNAME, told.TZ, told.LANG],
    ['SIGUSR2', 'production', 'web-7d9f8b6c5-x2x4z', 'Europe/Berlin', 'en_US.UTF-8'],
  );
  assert.match(told.NODE_OPTIONS, /^--max-old-space-size=512 /);
  assert.match(told.PATH, /^\/usr\/local\/bin:\/usr\/bin:\/opt\/\[redacted, \d+ characters\]\/bin$/);
});

test('a date in the output stays a date', () => {
  const at = new Date(1_700_000_000_000);
  assert.deepEqual(JSON.parse(JSON.stringify(withoutSecretsIn({ at, all: [at] }))), {
    at: at.toISOString(),
    all: [at.toISOString()],
  });
});
