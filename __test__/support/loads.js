'use strict';
// Three real programs of npm and the load of each, from outside and over loopback: a BitTorrent
// tracker over UDP, a mock server over HTTP, a mail catcher over SMTP. Asserts nothing.

const dgram = require('node:dgram');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');

// Between two tries to reach a program that is still starting.
const RETRY_MS = 200;

// Each program is to keep about a megabyte a second: so much that a leak shows in a minute, and
// no more than these machines send besides everything else.
const TICK_MS = 10;

/** A port of loopback that nothing listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
    server.on('error', reject);
  });
}

/** Does something until it succeeds, or the load is stopped. */
async function untilDone(what, signal) {
  while (!signal.aborted) {
    try {
      return await what();
    } catch {
      await pause(RETRY_MS);
    }
  }
  return undefined;
}

/** Calls a function this many times each tick. */
function steadily(times, call, signal) {
  const timer = setInterval(() => {
    for (let i = 0; i < times; i++) call();
  }, TICK_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** An announce of a torrent without peers, by BEP 15: 98 bytes. */
function announce(number) {
  const packet = Buffer.alloc(98);
  // The connection id that a tracker without sessions takes, and "announce".
  packet.writeBigUInt64BE(0x41727101980n, 0);
  packet.writeUInt32BE(1, 8);
  packet.writeUInt32BE(number, 12);
  packet.writeUInt32BE(number, 32);
  packet.write('-MW0001-0123456789ab', 36);
  // "started", on this port.
  packet.writeUInt32BE(2, 80);
  packet.writeUInt16BE(6881, 96);
  return packet;
}

function post(agent, port, url, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = http.request({ host: '127.0.0.1', port, path: url, method: 'POST', agent, headers }, (response) => {
      response.on('error', reject).on('end', resolve).resume();
    });
    request.on('error', reject).end(body);
  });
}

/** One mail, as a client of SMTP sends it. */
function mail(port, number, text) {
  return new Promise((resolve, reject) => {
    const words = [
      'EHLO shop.example',
      'MAIL FROM:<shop@shop.example>',
      `RCPT TO:<reader${number}@example.org>`,
      'DATA',
      `From: shop@shop.example\r\nTo: reader${number}@example.org\r\nSubject: Order ${number}\r\n\r\n${text}\r\n.`,
      'QUIT',
    ];
    const socket = net.connect(port, '127.0.0.1').setEncoding('utf8');
    // The last line of an answer has no hyphen behind its number; each is asked the next thing.
    socket.on('data', (said) => /^\d{3} /m.test(`${said}`) && words.length > 0 && socket.write(`${words.shift()}\r\n`));
    socket.on('error', reject).on('close', resolve);
  });
}

const lines = (count, of) => Array.from({ length: count }, (_, line) => of(line));

/**
 * What each is started with, who allocates what it keeps, and its load.
 * @type {{package: string, bin: string, keeps: RegExp,
 *   words: (directory: string, ports: number[]) => string[],
 *   load: (ports: number[], signal: AbortSignal) => Promise<void>}[]}
 */
const PROGRAMS = [
  {
    package: 'bittorrent-tracker',
    bin: 'bin/cmd.js',
    // A swarm for each torrent, which stays when its peers have gone.
    keeps: /^(createSwarm|\(anonymous\))/,
    words: (directory, [port]) => [
      ...['--udp', '--udp-hostname', '127.0.0.1', '--udp6-hostname', '::1', '--port', `${port}`, '--quiet'],
    ],
    async load([port], signal) {
      const socket = dgram.createSocket('udp4').on('error', () => {});
      let torrents = 0;
      steadily(16, () => socket.send(announce((torrents += 1)), port, '127.0.0.1', () => {}), signal);
      signal.addEventListener('abort', () => socket.close());
    },
  },
  {
    package: 'mountebank',
    bin: 'bin/mb',
    // With --mock each request is kept, to be asked for later.
    keeps: /^(addRequest|clone|getResponseFor)\(\)/,
    words: (directory, [port]) => [
      ...['start', '--port', `${port}`, '--localOnly', '--mock', '--nologfile', '--loglevel', 'error'],
      ...['--pidfile', path.join(directory, 'mb.pid')],
    ],
    async load([port, shop], signal) {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
      const stubs = [{ responses: [{ is: { statusCode: 201, body: 'ordered' } }] }];
      const imposter = JSON.stringify({ protocol: 'http', port: shop, stubs });
      await untilDone(() => post(agent, port, '/imposters', imposter), signal);
      const order = JSON.stringify({ lines: lines(20, (sku) => ({ sku, count: 1, note: 'leave it at the door' })) });
      let orders = 0;
      steadily(6, () => post(agent, shop, `/orders/${(orders += 1)}`, order).catch(() => {}), signal);
      signal.addEventListener('abort', () => agent.destroy());
    },
  },
  {
    package: 'maildev',
    bin: 'bin/maildev',
    // Each mail is parsed and kept for the web page, until somebody deletes it there.
    keeps: /^(saveEmailToStore|utils\.clone|clone)\(\)/,
    words: (directory, [smtp, web]) => [
      ...['--smtp', `${smtp}`, '--web', `${web}`, '--ip', '127.0.0.1', '--web-ip', '127.0.0.1', '--silent'],
      ...['--mail-directory', directory],
    ],
    async load([smtp], signal) {
      const text = lines(150, (line) => `Line ${line}: what you ordered is on its way to you.`).join('\r\n');
      let mails = 0;
      const sending = async () => {
        while (!signal.aborted) {
          await untilDone(() => mail(smtp, (mails += 1), text), signal);
          await pause(10 * TICK_MS);
        }
      };
      for (let sender = 0; sender < 12; sender++) sending();
    },
  },
];

module.exports = { PROGRAMS, freePort };
