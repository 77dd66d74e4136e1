'use strict';
// What a service makes of a request: an answer of some 3 KB, and ten times as much that it throws away.

const ROWS = 300;
const ANSWERED = 25;

function answer(number) {
  const rows = [];
  for (let at = 0; at < ROWS; at++) rows.push({ at, text: `row ${at} of ${number}` });
  const answered = [];
  for (const { at, text } of rows.slice(0, ANSWERED)) answered.push({ at, text, of: number });
  return { number, rows: answered };
}

module.exports = { answer };
