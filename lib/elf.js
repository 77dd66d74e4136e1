'use strict';
// Reads what an ELF file says about itself: for which processor it was built, where it ends, which
// loader it names. It knows 64-bit little-endian files, as all platforms of ours have them; of
// anything else it says null. It never loads a file.

const fs = require('node:fs');

// Offsets and sizes of the System V ABI, 64-bit: Elf64_Ehdr, Elf64_Phdr.
const HEADER_BYTES = 64;
const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const MACHINE_OFFSET = 18;
const PROGRAM_HEADER_BYTES = 56;
const PT_INTERP = 3;

// e_machine, by the name that Node has for the processor.
const MACHINES = /** @type {const} */ ({ x64: 62, arm64: 183 });

// A loader's path has some 30 characters. A damaged header may claim any length.
const MOST_INTERPRETER_BYTES = 4096;

/** @param {number} fd @param {number} length @param {number} position */
function readAt(fd, length, position) {
  const bytes = Buffer.alloc(length);
  return fs.readSync(fd, bytes, 0, length, position) === length ? bytes : null;
}

/** @param {number} fd */
function headerOf(fd) {
  const header = readAt(fd, HEADER_BYTES, 0);
  return header?.subarray(0, MAGIC.length).equals(MAGIC) ? header : null;
}

/** The path in the program header PT_INTERP, wherever a tool that repairs wheels has put it. @param {number} fd */
function interpreterOf(fd) {
  const header = headerOf(fd);
  if (header === null || header.readUInt16LE(54) !== PROGRAM_HEADER_BYTES) return null;
  const table = readAt(fd, header.readUInt16LE(56) * PROGRAM_HEADER_BYTES, Number(header.readBigUInt64LE(32)));
  for (let at = 0; table !== null && at < table.length; at += PROGRAM_HEADER_BYTES) {
    if (table.readUInt32LE(at) !== PT_INTERP) continue;
    const length = Number(table.readBigUInt64LE(at + 32));
    if (length > MOST_INTERPRETER_BYTES) return null;
    return (
      readAt(fd, length, Number(table.readBigUInt64LE(at + 8)))
        ?.toString('latin1')
        .replace(/\0.*$/s, '') ?? null
    );
  }
  return null;
}

/** @template T @param {string} file @param {(fd: number) => T} read @returns {T} */
function withFile(file, read) {
  const fd = fs.openSync(file, 'r');
  try {
    return read(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The loader that a program names; null if it names none or is not such a file. @param {string} file */
function interpreter(file) {
  try {
    return withFile(file, interpreterOf);
  } catch {
    return null;
  }
}

/**
 * Why the system's loader must not be given a file: the loader of musl looks at neither the beginning nor
 * the processor, and no loader looks for the end, but ends the process. Null where nothing speaks against it.
 * @param {string} file @param {string} arch as process.arch
 */
function whyNotLoadable(file, arch) {
  return withFile(file, (fd) => {
    const header = headerOf(fd);
    if (header === null) return 'the file is not a 64-bit ELF file';
    const machine = header.readUInt16LE(MACHINE_OFFSET);
    if (arch in MACHINES && machine !== MACHINES[/** @type {keyof typeof MACHINES} */ (arch)]) {
      const other = Object.entries(MACHINES).find(([, number]) => number === machine)?.[0] ?? `machine ${machine}`;
      return `the file is for ${other}, and this Node.js is for ${arch}`;
    }
    // Its last part is the table of sections, whose place is in the header.
    const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
    return fs.fstatSync(fd).size < end ? 'the file is cut off' : null;
  });
}

module.exports = { interpreter, whyNotLoadable };
