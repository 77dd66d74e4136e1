'use strict';
// Writes the core of a stopped child process, as the kernel would on a crash: the
// kernel itself writes where kernel.core_pattern says, which tests cannot rely on. Linux on
// x86-64 alone. It writes what a reader of V8's heap needs, and no floating-point registers.

const { fork } = require('node:child_process');
const fs = require('node:fs');

const PAGE_BYTES = 4096;
const CHUNK_BYTES = 1 << 20;
// Numbers of ELF and of its notes, as the kernel defines them.
const ET_CORE = 4;
const EM_X86_64 = 62;
const [PT_LOAD, PT_NOTE] = [1, 4];
const [NT_PRSTATUS, NT_PRPSINFO, NT_AUXV, NT_FILE] = [1, 3, 6, 0x46494c45];
const [HEADER_BYTES, PROGRAM_HEADER_BYTES] = [64, 56];
// Where NT_PRSTATUS has the thread's number and its stack pointer, and how long it is. In bytes.
const [STATUS_THREAD, STATUS_STACK, STATUS_BYTES] = [32, 112 + 19 * 8, 336];

const words = (...values) => {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), 8 * index));
  return bytes;
};

function note(kind, contents) {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(5, 0);
  head.writeUInt32LE(contents.length, 4);
  head.writeUInt32LE(kind, 8);
  return Buffer.concat([head, Buffer.from('CORE\0\0\0\0'), contents, Buffer.alloc(-contents.length & 3)]);
}

/** @returns {{start: bigint, end: bigint, perms: string, offset: bigint, path: string}[]} */
function mappings(pid) {
  const lines = fs.readFileSync(`/proc/${pid}/maps`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [, start, end, perms, offset, path] = /^(\w+)-(\w+) (\S+) (\w+) \S+ \d+\s*(.*)$/.exec(line);
    const number = (hex) => BigInt(`0x${hex}`);
    return { start: number(start), end: number(end), perms, offset: number(offset), path };
  });
}

/** The stack pointer of a thread that waits in a system call; 0 where the kernel does not say it. */
function stackPointer(pid, thread) {
  const fields = fs.readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'utf8').trim().split(' ');
  return BigInt(fields.at(-2) ?? 0);
}

function threadNote(pid, thread) {
  const status = Buffer.alloc(STATUS_BYTES);
  status.writeUInt32LE(thread, STATUS_THREAD);
  status.writeBigUInt64LE(stackPointer(pid, thread), STATUS_STACK);
  return note(NT_PRSTATUS, status);
}

function fileNote(files) {
  const ranges = files.map(({ start, end, offset }) => words(start, end, offset / BigInt(PAGE_BYTES)));
  const paths = Buffer.from(files.map(({ path }) => `${path}\0`).join(''));
  return note(NT_FILE, Buffer.concat([words(files.length, PAGE_BYTES), ...ranges, paths]));
}

function processNote(pid) {
  const info = Buffer.alloc(136);
  info.writeUInt32LE(pid, 24);
  info.write(fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim().slice(0, 15), 40);
  info.write(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 79), 56);
  return note(NT_PRPSINFO, info);
}

function programHeader(kind, flags, offset, address, bytes) {
  const header = Buffer.alloc(PROGRAM_HEADER_BYTES);
  header.writeUInt32LE(kind, 0);
  header.writeUInt32LE(flags, 4);
  words(offset, address, address, bytes, bytes, PAGE_BYTES).copy(header, 8);
  return header;
}

/** Whether some page is in memory, or swapped out: of what V8 has only reserved, none is. */
function isUsed(pages, address, bytes) {
  const entries = Buffer.alloc((8 * bytes) / PAGE_BYTES);
  const read = fs.readSync(pages, entries, 0, entries.length, (8n * address) / BigInt(PAGE_BYTES));
  for (let at = 7; at < read; at += 8) if ((entries[at] & 0xc0) !== 0) return true;
  return false;
}

/** Copies memory; pages of zeroes stay holes of the file. */
function copyMemory({ memory, pages }, output, { start, end, path }, at) {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let address = start; address < end; address += BigInt(CHUNK_BYTES)) {
    const left = end - address;
    const wanted = left < CHUNK_BYTES ? Number(left) : CHUNK_BYTES;
    // What a file has is there, whether it is in memory or not.
    if (!path.startsWith('/') && !isUsed(pages, address, wanted)) continue;
    let read = 0;
    try {
      read = fs.readSync(memory, chunk, 0, wanted, address);
    } catch {
      // A page that cannot be read is left a hole, as the kernel does.
    }
    const bytes = chunk.subarray(0, read);
    if (bytes.some((byte) => byte !== 0)) fs.writeSync(output, bytes, 0, read, at + Number(address - start));
  }
}

/** The signal that stops a process reaches its threads one by one: until each stands, its stack pointer is not known. */
function waitUntilStopped(pid) {
  const isStopped = (thread) => /\) T /.test(fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!fs.readdirSync(`/proc/${pid}/task`).every(isStopped)) Atomics.wait(pause, 0, 0, 10);
}

/**
 * @param {number} pid  a child to which SIGSTOP was sent
 * @param {string} file  where to write
 */
function writeCore(pid, file) {
  waitUntilStopped(pid);
  const all = mappings(pid);
  // What the kernel writes by default: private memory that was written, and anonymous memory.
  const kept = all.filter(
    ({ perms, path }) =>
      perms[0] === 'r' && perms[3] === 'p' && (perms[1] === 'w' || path === '') && !path.startsWith('[v'),
  );
  // And the first page of each file that is mapped, by whose build id an executable is known.
  const firstPages = all
    .filter(({ perms, path, offset }) => perms[0] === 'r' && path.startsWith('/') && offset === 0n)
    .filter((range) => !kept.includes(range))
    .map((range) => ({ ...range, end: range.start + BigInt(PAGE_BYTES) }));
  kept.unshift(...firstPages);
  const threads = fs.readdirSync(`/proc/${pid}/task`).map(Number);
  const notes = Buffer.concat([
    ...threads.map((thread) => threadNote(pid, thread)),
    processNote(pid),
    note(NT_AUXV, fs.readFileSync(`/proc/${pid}/auxv`)),
    fileNote(all.filter(({ path }) => path.startsWith('/'))),
  ]);
  const noteAt = HEADER_BYTES + PROGRAM_HEADER_BYTES * (kept.length + 1);
  let at = Math.ceil((noteAt + notes.length) / PAGE_BYTES) * PAGE_BYTES;
  const headers = [programHeader(PT_NOTE, 0, noteAt, 0, notes.length)];
  const places = kept.map((range) => {
    const place = at;
    const flags =
      (range.perms[0] === 'r' ? 4 : 0) + (range.perms[1] === 'w' ? 2 : 0) + (range.perms[2] === 'x' ? 1 : 0);
    headers.push(programHeader(PT_LOAD, flags, place, range.start, range.end - range.start));
    at += Number(range.end - range.start);
    return place;
  });
  const head = Buffer.alloc(HEADER_BYTES);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(ET_CORE, 16);
  head.writeUInt16LE(EM_X86_64, 18);
  head.writeBigUInt64LE(BigInt(HEADER_BYTES), 32);
  head.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  head.writeUInt16LE(kept.length + 1, 56);
  const output = fs.openSync(file, 'w');
  const [memory, pages] = ['mem', 'pagemap'].map((name) => fs.openSync(`/proc/${pid}/${name}`, 'r'));
  try {
    fs.writeSync(output, Buffer.concat([head, ...headers, notes]));
    kept.forEach((range, index) => copyMemory({ memory, pages }, output, range, places[index]));
    fs.ftruncateSync(output, at);
  } finally {
    for (const open of [output, memory, pages]) fs.closeSync(open);
  }
}

/** Until each thread waits in a system call, twice in a row: what it is to have on its stack is there then. */
async function allWait(pid) {
  const isWaiting = (thread) => /^\d/.test(fs.readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'utf8'));
  for (let times = 0; times < 2; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    times = fs.readdirSync(`/proc/${pid}/task`).every(isWaiting) ? times + 1 : 0;
  }
}

/**
 * Runs a program, waits for its message and until all of its threads wait, stops it and writes its core.
 * @param {string} program
 * @param {string} file  where to write
 * @param {{ args?: string[], env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} the number of the process, which is ended
 */
async function coreOf(program, file, { args = [], env = process.env } = {}) {
  const child = fork(program, args, { env });
  try {
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
    });
    await allWait(child.pid);
    process.kill(child.pid, 'SIGSTOP');
    writeCore(child.pid, file);
    return child.pid;
  } finally {
    child.kill('SIGKILL');
  }
}

module.exports = { coreOf, writeCore };
