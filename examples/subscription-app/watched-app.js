'use strict';
// The application with memwatch in it, as demo.js runs it in a process of its own. It sends
// its parent what memwatch emits, and decides and prints nothing.
//
// Messages are [name, payload]. To the parent: listening (port), stats, leak, diff.
// From the parent: begin, end.

const memwatch = require('memwatch');
const app = require('./app.js');

const HOST = '127.0.0.1';

// A collection twice a second: five growing ones, a leak, are there in under three seconds.
// A server at work needs none of this; there V8 collects automatically, only more rarely.
const COLLECT_MS = 500;

// So that the very first leak comes with the lines of code that are suspected.
memwatch.configure({ sampling: { when: 'always' } });

memwatch.on('stats', (stats) => tell('stats', stats));
memwatch.on('leak', (leak) => tell('leak', leak));

let diff = null;
let collecting = null;

const commands = {
  begin() {
    diff = new memwatch.HeapDiff();
    collecting = setInterval(memwatch.gc, COLLECT_MS);
  },
  end() {
    clearInterval(collecting);
    tell('diff', diff.end());
  },
};

function tell(name, payload) {
  // A parent that has gone needs no answer; 'disconnect' ends this process.
  if (process.connected) process.send([name, payload]);
}

process.on('message', (command) => commands[command]());
process.on('disconnect', () => process.exit());

const server = app.listen(0, HOST, () => tell('listening', server.address().port));
// While a heap snapshot is taken the server is away for a while. Idle connections must not
// be closed for that: a request may be on its way.
server.keepAliveTimeout = 0;
