// The flags of Node that the GC loop (children/gc-loop.js) runs with, so that two programs do the same work. Runs nothing.

export const FLAGS = [
  '--expose-gc',
  // A young generation of 1 MB on every version: its size is what differs most among them.
  '--max-semi-space-size=1',
  // On Node 24 and 26 V8 finds out or not, depending on when a compilation ends, that
  // some of the objects grow old, and from then on allocates them as old: the same program
  // then takes half the time for its life. Here all processes do the same work.
  '--no-allocation-site-pretenuring',
  // How much V8's helper threads do of a collection depends on which cores are free just
  // then, and that is most of the noise; a watcher's cost is on the main thread.
  '--single-threaded-gc',
  // A process that waits for its turn looks idle to V8, which after eight seconds lets its heap grow less from then
  // on. Who is first waits longest: for all others to start.
  '--no-memory-reducer',
];
