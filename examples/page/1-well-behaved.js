'use strict';
// A program that keeps nothing for long. Its raw memory goes up and down all the time, which
// looks like trouble and is not: the live heap stays where it is.
//
//   npx memwatch run examples/page/1-well-behaved.js

const { traffic } = require('./traffic.js');

let served = 0;

traffic(() => {
  served += 1;
});
