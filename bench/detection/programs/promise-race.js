'use strict';
// A promise that never settles keeps a reaction, and the winner, of every race it took part in.

function setUp({ variant }) {
  const never = new Promise(() => {});
  return {
    operate: function raceAgainstShutdown(i) {
      const shutdown = variant === 'healthy' ? new Promise(() => {}) : never;
      return Promise.race([shutdown, Promise.resolve({ request: i })]);
    },
  };
}

module.exports = { setUp };
