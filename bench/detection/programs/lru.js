'use strict';
// An LRU cache that fills to 20 000 entries and then turns over. Until it is full it grows as a leak does.

function setUp({ load }) {
  const { LRUCache } = load('lru-cache');
  const cache = new LRUCache({ max: 20_000 });
  return {
    operate(i) {
      const key = `page-${i}`;
      if (cache.get(key) === undefined) cache.set(key, { key, tags: [i, i + 1], text: `page ${i} `.repeat(80) + i });
    },
  };
}

module.exports = { setUp };
