'use strict';
// What memlab does with one snapshot, or with two. Measures nothing: the parent does.
//
//   node memlab.js open FILE            dominators and retained sizes of all nodes; no class table
//   node memlab.js diff BEFORE AFTER    leaks among what the second has and the first has not
const os = require('node:os');
const path = require('node:path');
const fs = require('node:fs');
const { loadPeer, report } = require('../../lib/child.js');

async function open(file) {
  loadPeer('memlab');
  const { getFullHeapFromFile } = require('@memlab/heap-analysis');
  const heap = await getFullHeapFromFile(file);
  // That they are there, and not put off until somebody asks.
  const root = heap.nodes.get(0);
  let largest = 0;
  heap.nodes.forEach((node) => {
    if (node.id !== root.id && node.retainedSize > largest) largest = node.retainedSize;
  });
  if (largest === 0) throw new Error('memlab has computed no retained sizes');
  report({ nodes: heap.nodes.length, largest });
}

async function diff(before, after) {
  const { findLeaksBySnapshotFilePaths } = loadPeer('memlab');
  const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'memlab-'));
  try {
    // It compares three: what is new in the second and still there in the third.
    const leaks = await findLeaksBySnapshotFilePaths(before, after, after, { workDir });
    report({ leaks: leaks.length });
  } finally {
    fs.rmSync(workDir, { recursive: true, force: true });
  }
}

const [work, ...files] = process.argv.slice(2);
({ open, diff })[work](...files).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
