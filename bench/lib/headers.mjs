// Where the headers of the running Node are: beside it, as every unpacked Node has
// them. Looks nowhere else and downloads nothing, for a measurement must compile
// against exactly the Node that runs it.
import fs from 'node:fs';
import path from 'node:path';

/** The directory that holds `bin/node` and `include/node`. */
export function nodePrefix() {
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
  if (!fs.existsSync(path.join(prefix, 'include/node/v8-profiler.h'))) {
    throw new Error(`no V8 headers in ${path.join(prefix, 'include/node')}: use a Node that was unpacked with them`);
  }
  return prefix;
}
