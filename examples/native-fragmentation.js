'use strict';
// Makes fragmentation on purpose: many small blocks outside of V8's heap, of which one in twenty stays. The memory of the
// others is free, and stays with the process, until the allocator is asked to give it back. Linux with glibc.

const memwatch = require('..');

const mib = (bytes) => (bytes === null ? 'unknown' : `${(bytes / 2 ** 20).toFixed(0)} MiB`);

async function show(what) {
  const { residentBytes, rows } = await memwatch.nativeMemory();
  const { mallocInUse, mallocFree } = rows;
  console.log(
    `${what.padEnd(22)} resident ${mib(residentBytes)}, malloc in use ${mib(mallocInUse.residentBytes)}, free ${mib(mallocFree.residentBytes)}`,
  );
  return mallocFree.residentBytes;
}

async function main() {
  let blocks = Array.from({ length: 150_000 }, () => Buffer.allocUnsafeSlow(1000).fill(1));
  await show('150,000 blocks');

  blocks = blocks.filter((_, i) => i % 20 === 0);
  // V8 frees what a collection found on another thread, a moment later.
  for (let tries = 0; tries < 20; tries++) {
    memwatch.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const free = await show('one in twenty is left');
  // musl, macOS, Windows.
  if (free === null) return;

  const { mostBytes, returnedBytes } = await memwatch.trimNativeMemory();
  console.log(`trimNativeMemory()     gave back ${mib(returnedBytes)} of ${mib(mostBytes)}`);
  await show('afterwards');
  if (blocks.length === 0) throw new Error('unreachable: the blocks are kept until here');
}

main();
