'use strict';
// Makes fragmentation on purpose, by an addon: make it first, as images.c beside this file says. What the allocator has
// free grows, in pieces that no image fits in, and the program hardly uses more. It runs until Ctrl-C.
//
//   npx memwatch run --no-dashboard --duration 90s examples/native/fragmentation.js

const images = require(process.env.IMAGES_ADDON ?? './images.node');

const EVERY_MS = 100;

let served = 0;

/** What a program does beside: garbage, so that V8 collects it. */
const garbage = () => Array.from({ length: 4000 }, (_, index) => ({ index }));

setInterval(function tick() {
  images.thumbnails(served++);
  for (let index = 0; index < 5; index++) garbage();
}, EVERY_MS);
