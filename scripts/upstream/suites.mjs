// The suites that memwatch has to pass: which older package, which of its files are tests,
// how many there are, and the runner it names in its own package.json. Runs nothing.
//
// A suite that has fewer tests than it had is a failure, so that a runner which finds none
// is not taken for a pass.

/** `mocha` and `should` are names of packages in `package.json` beside this file. */
const MOCHA_1 = { runner: 'mocha', mocha: 'mocha-1', should: 'should-0' };
const MOCHA_2 = { runner: 'mocha', mocha: 'mocha-2', should: 'should-8' };

export const SUITES = [
  { package: 'memwatch', file: 'tests.js', tests: 5, ...MOCHA_1 },
  { package: 'strong-memwatch', file: 'tests.js', tests: 5, ...MOCHA_1 },
  { package: 'memwatch-next', file: 'tests.js', tests: 5, ...MOCHA_2 },
  { package: 'node-memwatch', file: 'tests.js', tests: 5, ...MOCHA_2 },
  { package: 'memwatch-ng', file: 'tests.js', tests: 5, ...MOCHA_2 },
  { package: '@aidemaster/node-memwatch', file: 'tests.js', tests: 7, ...MOCHA_2 },
  { package: '@airbnb/node-memwatch', file: 'main.test.js', tests: 6, runner: 'vitest' },
  {
    package: 'leakage',
    // The dependency that memwatch stands in for.
    dependency: '@aidemaster/node-memwatch',
    // Ours: see the note.
    behaviour: 'leakage.js',
    file: 'behaviour.js',
    tests: 9,
    runner: 'mocha',
    mocha: 'mocha-2',
    note: 'no released tarball of leakage has its tests in it; what its README promises is tested instead',
  },
];
