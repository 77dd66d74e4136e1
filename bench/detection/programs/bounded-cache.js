'use strict';
// A cache of 50,000 products of some 2 KB, least recently used out first, filled by uneven demand: fewer and fewer of
// the requests are new, after four minutes half as many as in the first.

const LIMIT = 50_000;
const PRODUCTS = 60_000;
const TAGS = 40;
/** Demand falls with the number of a product by this power. */
const UNEVENNESS = 1.5;

/** The same numbers between 0 and 1 in each run: a linear congruential generator of Numerical Recipes. */
function chance() {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function setUp() {
  const cache = new Map();
  const next = chance();
  let page = [];
  function product(id) {
    const known = cache.get(id);
    if (known !== undefined) cache.delete(id);
    const tags = () => Array.from({ length: TAGS }, (_, at) => `${id}-tag-${at}`);
    cache.set(id, known ?? { id, title: `product ${id}`, tags: tags() });
    if (cache.size > LIMIT) cache.delete(cache.keys().next().value);
  }
  return {
    operate() {
      product(Math.floor(PRODUCTS * next() ** UNEVENNESS));
      // What a request throws away.
      page = Array.from({ length: 33 }, (_, at) => ({ at, text: `row ${at}` }));
      return page.length;
    },
  };
}

module.exports = { setUp };
