'use strict';
// keyv 4 over a Map removes an expired entry only where the same key is asked for again. node-cache looks periodically.

function setUp({ load, variant }) {
  const value = (i) => ({ name: `user ${i}`, rights: ['read', 'write'], seen: i });
  if (variant === 'healthy') {
    const NodeCache = load('node-cache');
    const cache = new NodeCache({ stdTTL: 1, checkperiod: 1 });
    return { operate: (i) => void cache.set(`user-${i}`, value(i)) };
  }
  const Keyv = load('keyv');
  const cache = new Keyv();
  return { operate: (i) => cache.set(`user-${i}`, value(i), 1) };
}

module.exports = { setUp };
