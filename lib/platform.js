'use strict';
// What this platform is called in the names of addon files and packages. Loads no addon.

const { interpreter } = require('./elf.js');

/** Whether this Node was built for musl: it names musl's loader. */
const usesMusl = () => interpreter(process.execPath)?.includes('ld-musl-') ?? false;

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
