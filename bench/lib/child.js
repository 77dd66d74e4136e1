'use strict';
// What the measured processes share: loading what may not be installed, the clocks,
// and how a result is handed back. The parent's side is rounds.mjs.

/** Prints the result for the parent. */
function report(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Loads a peer, or ends this process saying why it cannot be measured. */
function loadPeer(name) {
  try {
    return require(name);
  } catch (error) {
    const missing = error.code === 'MODULE_NOT_FOUND' && error.message.includes(`'${name}'`);
    const why = missing ? 'is not installed' : `is not built for Node ${process.versions.node}`;
    report({ unavailable: `${name} ${why}: run npm run bench:setup with this Node` });
    process.exit(0);
  }
}

/** Starts two clocks; the returned function reads them, in milliseconds. */
function startClocks() {
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  return () => {
    const wallMs = Number(process.hrtime.bigint() - wall) / 1e6;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs, cpuMs: (user + system) / 1000 };
  };
}

/** The most memory this process has had so far, in bytes. */
function peakRss() {
  return process.resourceUsage().maxRSS * 1024;
}

module.exports = { loadPeer, peakRss, report, startClocks };
