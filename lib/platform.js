'use strict';
// What this platform is called in the names of addon files and packages. Loads nothing.

const fs = require('node:fs');

/** Whether this Node was built for musl: its loader is named at the start of its own file. */
function usesMusl() {
  const head = Buffer.alloc(4096);
  try {
    const fd = fs.openSync(process.execPath, 'r');
    try {
      fs.readSync(fd, head, 0, head.length, 0);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return false;
  }
  return head.includes('ld-musl-');
}

/** What a platform is called in file and package names. */
function platformName() {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${usesMusl() ? 'musl' : 'gnu'}`;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  return `${platform}-${arch}`;
}

/** What the binary of a platform is called. @param {string} platform */
const binaryName = (platform) => `memwatch-${platform}${platform.startsWith('win32') ? '.exe' : ''}`;

module.exports = { binaryName, platformName };
