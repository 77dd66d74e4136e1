'use strict';
// mem 3.0.1 never removes expired entries of its Map unless the same key is asked for again. 4.3.0 does.

function setUp({ load }) {
  const mem = load('mem');
  const lookUp = mem((key) => ({ key }), { maxAge: 10 });
  return { operate: (i) => void lookUp(`user-${i}`) };
}

module.exports = { setUp };
