// Has a program name another loader: the kernel starts that one, and the system needs none of that name. The path is
// written behind the end of the file, where it may have any length, and the program header points to it.
import fs from 'node:fs';

// Elf64_Ehdr and Elf64_Phdr of the System V ABI.
const PROGRAM_HEADER_BYTES = 56;
const PT_INTERP = 3;

/** @param {string} file a 64-bit little-endian ELF program @param {string} loader an absolute path */
export function setInterpreter(file, loader) {
  const fd = fs.openSync(file, 'r+');
  try {
    const header = Buffer.alloc(64);
    fs.readSync(fd, header, 0, header.length, 0);
    const table = Number(header.readBigUInt64LE(32));
    for (let i = 0; i < header.readUInt16LE(56); i++) {
      const at = table + i * PROGRAM_HEADER_BYTES;
      const entry = Buffer.alloc(PROGRAM_HEADER_BYTES);
      fs.readSync(fd, entry, 0, entry.length, at);
      if (entry.readUInt32LE(0) !== PT_INTERP) continue;
      const text = Buffer.from(`${loader}\0`);
      // The kernel reads it by its place in the file; where it would lie in memory is left as it is.
      entry.writeBigUInt64LE(BigInt(fs.fstatSync(fd).size), 8);
      entry.writeBigUInt64LE(BigInt(text.length), 32);
      fs.writeSync(fd, text, 0, text.length, fs.fstatSync(fd).size);
      fs.writeSync(fd, entry, 0, entry.length, at);
      return;
    }
    throw new Error(`${file} names no loader`);
  } finally {
    fs.closeSync(fd);
  }
}
