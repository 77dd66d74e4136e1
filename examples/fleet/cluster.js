'use strict';
// Four of the processes as node:cluster runs them: each worker answers Prometheus on a port of
// its own, for a shared one would answer for a different worker each time.
const cluster = require('node:cluster');
const path = require('node:path');

cluster.setupPrimary({ exec: path.join(__dirname, 'service.js') });
for (const port of process.env.PORTS.split(',')) cluster.fork({ PORT: port });
process.on('SIGTERM', () => {
  for (const worker of Object.values(cluster.workers)) worker.process.kill();
  process.exit(0);
});
