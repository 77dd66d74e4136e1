// The face of the `heapdump` package, for programs that load that: see heapdump.js.

/**
 * Writes a heap snapshot before it returns. The program stands still meanwhile:
 * `memwatch.writeSnapshot` does without.
 *
 * Returns whether there is one; why not is what the callback is told, before this returns.
 * Without a name it is `heapdump-<seconds>.<microseconds>.heapsnapshot` in the working
 * directory. A file that exists is not written over.
 */
export function writeSnapshot(
  filename?: string,
  callback?: (error: Error | null, filename?: string) => void,
): boolean;
export function writeSnapshot(callback?: (error: Error | null, filename?: string) => void): boolean;
