'use strict';
// Tests that are left out on a platform, each with its reason: the one table of them. docs/platforms.md shows which were.

const { platformName } = require('../../lib/platform.js');

const platform = platformName();
const isMusl = platform.endsWith('-musl');

/** Where the C library is musl. By what a test needs. */
const ON_MUSL = {
  'numbers of malloc': 'musl does not say what malloc has in use and free, and gives nothing back on request',
  'a build id': 'the Nodes that are built for musl have none in their first page',
  'libraries without /proc':
    "musl finds the libraries beside these Nodes through /proc, so without it they don't start",
  'files of an image': 'the containers of these tests have the files of this system, and no loader of musl',
};

/** What node:test takes: whether a test is left out here, and why. @param {keyof typeof ON_MUSL} needs */
const unlessMusl = (needs) => ({ skip: isMusl && ON_MUSL[needs] });

/** Where allocations of native memory can be sampled. */
const SAMPLES_NATIVE = platform === 'linux-x64-gnu';

/** What node:test takes of a test that samples them. */
const IF_SAMPLED = { skip: !SAMPLES_NATIVE && 'sampled on Linux x64 with glibc' };

/** Why a test of what glibc's allocator does is left out; false where that is the allocator. */
const UNLESS_GLIBC = !(process.platform === 'linux' && !isMusl) && "what glibc's allocator does is tried";

/** Why a test of what is read in /proc is left out; false on Linux. */
const UNLESS_LINUX = process.platform !== 'linux' && 'read from /proc of Linux';

module.exports = { IF_SAMPLED, SAMPLES_NATIVE, UNLESS_GLIBC, UNLESS_LINUX, unlessMusl };
