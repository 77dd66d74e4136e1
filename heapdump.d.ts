// The API of the `heapdump` package, for programs that use it: see heapdump.js.

/**
 * Writes a heap snapshot before it returns. The program is paused meanwhile;
 * `memwatch.writeSnapshot` avoids that.
 *
 * Returns whether it was written; the callback receives the error, before this returns.
 * Without a name it is `heapdump-<seconds>.<microseconds>.heapsnapshot` in the working
 * directory. An existing file is not overwritten.
 */
export function writeSnapshot(filename?: string, callback?: (error: Error | null, filename?: string) => void): boolean;
export function writeSnapshot(callback?: (error: Error | null, filename?: string) => void): boolean;
