'use strict';
// From an allocation profile (V8's .heapprofile) to the tree that a flame graph shows: live
// bytes by stack, small branches left out, siblings of one function made one. Draws nothing.

const path = require('node:path');

// Below this share of all bytes a frame is narrower than a pixel or two.
const LEAST_SHARE = 0.002;

// Deeper stacks are cut: they are not readable, and the dashboard is bounded.
const MOST_DEPTH = 60;

const MOST_NODES = 3000;

// Memory of memwatch itself is not the program's.
const OURS = path.join(__dirname, '..', '..', 'lib') + path.sep;

// But for this: it stands between the program's callers and callees, and is left out alone.
const BETWEEN = path.join(OURS, 'labels') + path.sep;

// The frame of a label has its name, and is at no place (crates/detector/src/sites/labels.rs).
const LABEL_SCRIPTS = 'memwatch:label/';

/** A call in a profile. @typedef {{ callFrame: { functionName: string, url: string, lineNumber: number }, selfSize?: number, children?: Call[] }} Call */
/** @typedef {{ name: string, at: string, bytes: number, children: Frame[] }} Frame */

/** @param {Call['callFrame']} callFrame */
function frameName({ functionName }) {
  return functionName || '(anonymous)';
}

/** Where a function stands, as an editor has it: lines from 1. @param {Call['callFrame']} callFrame */
function frameAt({ url, lineNumber }) {
  if (!url || url.startsWith(LABEL_SCRIPTS)) return '';
  return `${url.replace(/^file:\/\//, '')}:${lineNumber + 1}`;
}

/** Every node of a tree, parents before children. No recursion: stacks can be deep. @param {Call} head */
function inOrder(head) {
  const nodes = [head];
  for (let i = 0; i < nodes.length; i++) nodes.push(...(nodes[i].children ?? []));
  return nodes;
}

/** @param {string} directory @param {Call} call */
const isIn = (directory, { callFrame }) => callFrame.url.replace(/^file:\/\//, '').startsWith(directory);
/** @param {Call} node */
const isOurs = (node) => isIn(OURS, node) && !isIn(BETWEEN, node);

/** The calls made in a call; in place of those that are left out, the calls made in them. @param {Call} node */
function calleesOf(node) {
  const callees = [];
  const waiting = [...(node.children ?? [])];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (isIn(BETWEEN, next)) waiting.unshift(...(next.children ?? []));
    else callees.push(next);
  }
  return callees;
}

/** @param {{ head: Call }} profile @returns {Frame} */
function flameOf({ head }) {
  const all = inOrder(head);
  /** @type {Map<Call, number>} */
  const totals = new Map();
  const total = (/** @type {number} */ sum, /** @type {Call} */ call) => sum + (totals.get(call) ?? 0);
  for (const node of all.reverse()) {
    if (isOurs(node)) {
      totals.set(node, 0);
      continue;
    }
    const below = (node.children ?? []).reduce(total, 0);
    totals.set(node, (node.selfSize ?? 0) + below);
  }
  const bytes = total(0, head);
  const least = Math.max(1, bytes * LEAST_SHARE);
  /** @type {Frame} */
  const root = { name: 'all', at: '', bytes, children: [] };
  let level = [{ sources: [head], into: root }];
  let nodes = 1;
  for (let depth = 0; depth < MOST_DEPTH && level.length > 0; depth++) {
    const next = [];
    for (const { sources, into } of level) {
      /** @type {Map<string, Call[]>} */
      const groups = new Map();
      for (const child of sources.flatMap(calleesOf)) {
        const key = `${frameName(child.callFrame)}\n${frameAt(child.callFrame)}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [child]);
        else group.push(child);
      }
      const kept = [...groups.values()]
        .map((group) => ({ group, bytes: group.reduce(total, 0) }))
        .filter(({ bytes }) => bytes >= least)
        .sort((a, b) => b.bytes - a.bytes);
      for (const { group, bytes } of kept) {
        if (nodes++ >= MOST_NODES) return root;
        const { callFrame } = group[0];
        /** @type {Frame} */
        const frame = { name: frameName(callFrame), at: frameAt(callFrame), bytes, children: [] };
        into.children.push(frame);
        next.push({ sources: group, into: frame });
      }
    }
    level = next;
  }
  return root;
}

module.exports = { flameOf };
