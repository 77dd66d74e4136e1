// Names in the tables of ELF, Mach-O and PE files: what a program exports, and what a library or an object file asks
// for. 64-bit little-endian files only, as all our platforms have them. Knows nothing of Node or of memwatch.

/** A name that ends with a zero byte. @param {Buffer} bytes @param {number} at */
const nameAt = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at));

const number = (bytes, at) => Number(bytes.readBigUInt64LE(at));

// ELF: System V ABI. A section header and a symbol have 64 and 24 bytes.
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;

function* elfSymbols(bytes, type) {
  const [table, size, count] = [number(bytes, 40), bytes.readUInt16LE(58), bytes.readUInt16LE(60)];
  const section = (index) => table + index * size;
  for (let i = 0; i < count; i++) {
    const at = section(i);
    if (bytes.readUInt32LE(at + 4) !== type) continue;
    const names = number(bytes, section(bytes.readUInt32LE(at + 40)) + 24);
    const [from, end] = [number(bytes, at + 24), number(bytes, at + 24) + number(bytes, at + 32)];
    for (let symbol = from; symbol < end; symbol += 24) {
      const isLocal = bytes[symbol + 4] >> 4 === 0;
      if (isLocal) continue;
      yield {
        name: nameAt(bytes, names + bytes.readUInt32LE(symbol)),
        isDefined: bytes.readUInt16LE(symbol + 6) !== 0,
      };
    }
  }
}

const elf = {
  *exported(bytes) {
    for (const { name, isDefined } of elfSymbols(bytes, SHT_DYNSYM)) if (isDefined) yield name;
  },
  *wanted(bytes) {
    // An object file has only the one table, a library the other too, which may be stripped.
    const isObject = bytes.readUInt16LE(16) === 1;
    for (const { name, isDefined } of elfSymbols(bytes, isObject ? SHT_SYMTAB : SHT_DYNSYM)) if (!isDefined) yield name;
  },
};

// Mach-O: <mach-o/loader.h>.
const LC_SYMTAB = 0x2;
const LC_DYLD_INFO = [0x22, 0x80000022];
const LC_DYLD_EXPORTS_TRIE = 0x80000033;

function* machoCommands(bytes) {
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    yield { command: bytes.readUInt32LE(at), at };
    at += bytes.readUInt32LE(at + 4);
  }
}

function uleb(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128, at++) {
    value += (bytes[at] & 127) * shift;
    if (bytes[at] < 128) return { value, next: at + 1 };
  }
}

const macho = {
  *exported(bytes) {
    let trie;
    for (const { command, at } of machoCommands(bytes)) {
      if (command === LC_DYLD_EXPORTS_TRIE) trie = bytes.readUInt32LE(at + 8);
      if (LC_DYLD_INFO.includes(command)) trie = bytes.readUInt32LE(at + 40);
    }
    const open = trie === undefined ? [] : [{ at: trie, prefix: '' }];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const { at, prefix } = node;
      const own = uleb(bytes, at);
      if (own.value > 0) yield prefix;
      let child = own.next + own.value + 1;
      for (let left = bytes[child - 1]; left > 0; left--) {
        const label = nameAt(bytes, child);
        const target = uleb(bytes, child + label.length + 1);
        open.push({ at: trie + target.value, prefix: prefix + label });
        child = target.next;
      }
    }
  },
  *wanted(bytes) {
    for (const { command, at } of machoCommands(bytes)) {
      if (command !== LC_SYMTAB) continue;
      const [symbols, count, names] = [8, 12, 16].map((offset) => bytes.readUInt32LE(at + offset));
      for (let symbol = symbols; symbol < symbols + count * 16; symbol += 16) {
        // N_EXT, and of N_TYPE neither section nor value: undefined.
        const isUndefined = (bytes[symbol + 4] & 0x0f) === 0x01;
        if (isUndefined) yield nameAt(bytes, names + bytes.readUInt32LE(symbol));
      }
    }
  },
};

// PE and COFF: Microsoft's "PE Format".
const COFF_HEADER_BYTES = 20;
const COFF_SYMBOL_BYTES = 18;
const EXPORTS = 0;
const IMPORTS = 1;

function peReader(bytes) {
  const header = bytes.readUInt32LE(0x3c) + 4;
  const optional = header + COFF_HEADER_BYTES;
  const sections = optional + bytes.readUInt16LE(header + 16);
  const count = bytes.readUInt16LE(header + 2);
  const placeOf = (address) => {
    for (let i = 0; i < count; i++) {
      const at = sections + 40 * i;
      const [size, start, rawSize, raw] = [8, 12, 16, 20].map((offset) => bytes.readUInt32LE(at + offset));
      if (start <= address && address < start + Math.max(size, rawSize)) return raw + address - start;
    }
    throw new Error(`no section holds ${address.toString(16)}`);
  };
  return { placeOf, directory: (index) => bytes.readUInt32LE(optional + 112 + 8 * index) };
}

const pe = {
  *exported(bytes) {
    const { placeOf, directory } = peReader(bytes);
    const table = placeOf(directory(EXPORTS));
    const names = placeOf(bytes.readUInt32LE(table + 32));
    for (let i = 0; i < bytes.readUInt32LE(table + 24); i++) {
      yield nameAt(bytes, placeOf(bytes.readUInt32LE(names + 4 * i)));
    }
  },
  *wanted(bytes) {
    const { placeOf, directory } = peReader(bytes);
    for (let at = placeOf(directory(IMPORTS)); bytes.readUInt32LE(at + 12) !== 0; at += 20) {
      if (nameAt(bytes, placeOf(bytes.readUInt32LE(at + 12))).toLowerCase() !== 'node.exe') continue;
      for (let entry = placeOf(bytes.readUInt32LE(at)); number(bytes, entry) !== 0; entry += 8) {
        yield nameAt(bytes, placeOf(bytes.readUInt32LE(entry)) + 2);
      }
    }
  },
};

const coff = {
  *wanted(bytes) {
    const [symbols, count] = [bytes.readUInt32LE(8), bytes.readUInt32LE(12)];
    const strings = symbols + count * COFF_SYMBOL_BYTES;
    for (let i = 0; i < count; i++) {
      const at = symbols + i * COFF_SYMBOL_BYTES;
      const isLong = bytes.readUInt32LE(at) === 0;
      const name = isLong
        ? nameAt(bytes, strings + bytes.readUInt32LE(at + 4))
        : bytes.toString('latin1', at, at + 8).replace(/\0.*$/s, '');
      const isUndefined = bytes.readInt16LE(at + 12) === 0 && bytes[at + 16] === 2;
      // What is imported is asked for by a pointer to it.
      if (isUndefined) yield name.replace(/^__imp_/, '');
      i += bytes[at + 17];
    }
  },
};

function formatOf(bytes) {
  const magic = bytes.readUInt32BE(0);
  if (magic === 0x7f454c46) return elf;
  if (magic === 0xcffaedfe) return macho;
  if (bytes.readUInt16LE(0) === 0x5a4d) return pe;
  if (bytes.readUInt16LE(0) === 0x8664) return coff;
  throw new Error('neither an ELF, a 64-bit Mach-O nor a PE file');
}

/** What a program exports to the libraries that it loads. @param {Buffer} bytes */
export const exportedNames = (bytes) => new Set(formatOf(bytes).exported(bytes));

/** What a library asks of the program that loads it, or an object file of others. @param {Buffer} bytes */
export const wantedNames = (bytes) => new Set(formatOf(bytes).wanted(bytes));
