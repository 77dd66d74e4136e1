'use strict';
// Control groups for tests: one of this system, and a place for files that are made up. Asserts nothing; where this user
// may make none, the test is skipped.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** Of either version: where groups are made, and their files. */
const VERSIONS = [
  { root: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current' },
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes' },
];

// 1 where the system ends a group as a whole, as Kubernetes has it. The older version has no such file.
const TOGETHER = 'memory.oom.group';

/** A group of this test alone; undefined, and the test skipped, where none may be made. */
function controlGroup(t) {
  for (const { root, limit, used } of VERSIONS) {
    const group = path.join(root, `memwatch-test-${process.pid}-${t.name.length}`);
    try {
      fs.mkdirSync(group);
    } catch {
      continue;
    }
    t.after(() => fs.rmdirSync(group));
    const files = { procs: 'cgroup.procs', limit, used, together: TOGETHER };
    const paths = Object.fromEntries(Object.entries(files).map(([what, name]) => [what, path.join(group, name)]));
    if (fs.existsSync(paths.limit)) return paths;
  }
  return void t.skip('this user may make no control groups that limit memory');
}

/**
 * What a program does in a group that it was given: it goes into it, and sets its limit.
 * @param {Record<string, string>} group  the paths of its files
 */
function inGroup(group) {
  return {
    enter: () => fs.writeFileSync(group.procs, String(process.pid)),
    unlimited: fs.readFileSync(group.limit, 'utf8').trim(),
    used: () => Number(fs.readFileSync(group.used, 'utf8')),
    limit: (/** @type {number | string} */ bytes) => fs.writeFileSync(group.limit, String(bytes)),
  };
}

// A separate directory for the files of control groups: the test defines their content.
const MOUNTED = [
  'unshare',
  '--mount',
  '--map-root-user',
  'sh',
  '-c',
  'mount -t tmpfs none /sys/fs/cgroup && exec "$@"',
  'sh',
];
const cannotMount = () =>
  spawnSync(MOUNTED[0], [...MOUNTED.slice(1), 'true']).status !== 0 && 'this user may mount nothing';

module.exports = { controlGroup, inGroup, MOUNTED, cannotMount, TOGETHER };
