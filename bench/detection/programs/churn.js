'use strict';
// JSON, regular expressions and hashes: much garbage, nothing kept.
const { createHash } = require('node:crypto');

const RECORD = { id: 0, name: 'a record', tags: Array.from({ length: 50 }, (_, index) => `tag-${index}`) };

function setUp() {
  return {
    operate(i) {
      const text = JSON.stringify({ ...RECORD, id: i });
      const { tags } = JSON.parse(text);
      const found = text.match(/tag-(\d+)/g).concat(tags.map((tag) => tag.replace(/^tag-/, `${i}-`)));
      createHash('sha256').update(found.join()).digest('hex');
    },
  };
}

module.exports = { setUp };
