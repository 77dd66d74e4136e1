'use strict';
// Calls an addon that leaks: make it first, as images.c beside this file says. It runs until Ctrl-C.
//
//   npx memwatch run --native --no-dashboard --duration 90s examples/native/addon-leak.js

const images = require(process.env.IMAGES_ADDON ?? './images.node');

const EVERY_MS = 50;
const IMAGES_AT_ONCE = 4;

let served = 0;

function serveImage(number) {
  images.decode(number);
}

/** What a program does beside: garbage, so that V8 collects it. */
const garbage = () => Array.from({ length: 4000 }, (_, index) => ({ index }));

setInterval(function tick() {
  for (let index = 0; index < IMAGES_AT_ONCE; index++) serveImage(served++);
  garbage();
}, EVERY_MS);
