'use strict';
// What Linux reports about a process: descriptors, mappings, limits, memory. Empty on other systems, and
// without permission.

const fs = require('node:fs');
const path = require('node:path');
const { redactArguments, withoutSecrets } = require('../secrets/index.js');

/** A file of /proc, or undefined. @param {number | string} pid @param {string} name */
function read(pid, name) {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Lines `Name:  value` as an object. @param {string} text @param {RegExp} wanted */
function fields(text, wanted) {
  const found = [...text.matchAll(/^(\w+):\s*(.+)$/gm)].filter(([, name]) => wanted.test(name));
  return Object.fromEntries(found.map(([, name, value]) => [name, value]));
}

/**
 * Where each open descriptor leads to. @returns {{ descriptor: number, to: string }[] | undefined}
 * @param {number | string} pid
 */
function descriptors(pid) {
  const directory = `/proc/${pid}/fd`;
  try {
    return fs
      .readdirSync(directory)
      .map(Number)
      .sort((a, b) => a - b)
      .flatMap((descriptor) => {
        try {
          return [{ descriptor, to: withoutSecrets(fs.readlinkSync(path.join(directory, String(descriptor)))) }];
        } catch {
          // Closed meanwhile: the one that reads the directory always is.
          return [];
        }
      });
  } catch {
    return undefined;
  }
}

/** The name of a process, which may be the beginning of its arguments. */
const nameOnly = (/** @type {Record<string, string>} */ status) => ({
  ...status,
  Name: redactArguments(status.Name.split(' ')).join(' '),
});

/** How many of each kind: many sockets are a leak of their own. @param {{ to: string }[]} open */
function countKinds(open) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { to } of open) {
    const [, kind = 'file'] = /^(socket|pipe|anon_inode):/.exec(to) ?? [];
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/**
 * @param {number | string} pid
 * @returns {{ status?: object | '', limits?: string, memory?: object | '', descriptors?: object[], descriptorKinds?: object,
 *   maps?: string, controlGroup?: string, startedAt?: string }}
 */
function look(pid) {
  const open = descriptors(pid);
  const status = read(pid, 'status');
  const rollup = read(pid, 'smaps_rollup');
  return {
    status: status && nameOnly(fields(status, /^(Name|State|Pid|PPid|Threads|Vm\w+|Rss\w+|voluntary_ctxt_switches)$/)),
    memory: rollup && fields(rollup, /./),
    limits: read(pid, 'limits'),
    controlGroup: read(pid, 'cgroup')?.trim(),
    descriptors: open,
    descriptorKinds: open && countKinds(open),
    // Only the names in it: its long addresses look like keys.
    maps: read(pid, 'maps')?.replace(/\/.*$/gm, withoutSecrets),
  };
}

/** Words of a file of /proc that are ended by zeros. @param {number | string} pid @param {string} name */
function words(pid, name) {
  const text = read(pid, name);
  return text === undefined ? undefined : text.split('\0').slice(0, -1);
}

/** What another process was started with. @param {number | string} pid */
function startOf(pid) {
  const pairs = words(pid, 'environ')?.map((word) => [
    word.slice(0, word.indexOf('=')),
    word.slice(word.indexOf('=') + 1),
  ]);
  let executable;
  try {
    executable = fs.readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // Another user's.
  }
  return { argv: words(pid, 'cmdline'), environment: pairs && Object.fromEntries(pairs), executable };
}

module.exports = { look, startOf };
