'use strict';
// Three programs that know nothing of memwatch, each with a package of npm that leaks, under
// `memwatch run`: the page suspects a leak, confirms it, and names the package.
const assert = require('node:assert');
const { join } = require('node:path');
const { test } = require('node:test');
const { ask, stream } = require('../support/page.js');
const { start } = require('../support/runner.js');

const PROGRAMS = process.env.MEMWATCH_LEAK_PROGRAMS;
if (!PROGRAMS) throw new Error('run this by `npm run test:leaks`, which installs the packages');

// What is told as suspect, at most; the package is on the stack of one of the first.
const FIRST = 3;

for (const name of ['ajv', 'prom-client', 'xstate']) {
  test(`memwatch run finds the leak of a service that uses ${name}`, async (t) => {
    const program = start(['--fail-on-leak', join(PROGRAMS, 'leaks', 'service.js'), name]);
    t.after(() => program.child.kill('SIGKILL'));
    const url = await program.url();
    const viewer = stream(url);
    const states = new Set();
    const { value } = await viewer.until(({ type, value: verdict }) => {
      if (type === 'verdict') states.add(verdict.state);
      return type === 'verdict' && verdict.state === 'confirmed' && verdict.suspects.length > 0;
    });
    assert.ok(states.has('suspected'));
    assert.ok(value.bytesPerHour > 0 && value.limitEta > Date.now());
    const packages = value.suspects.slice(0, FIRST).map((suspect) => suspect.package);
    assert.ok(packages.includes(name), `${JSON.stringify(value.suspects, null, 1)}`);
    const history = JSON.parse((await ask(url, 'history?1')).text);
    const bases = history.gc.columns[history.gc.names.indexOf('base')];
    assert.ok(bases.at(-1) > bases[0] * 2);
    viewer.leave();
    await program.says('stderr', /a leak is confirmed in service\.js .*first suspect: /);
    program.child.kill('SIGTERM');
    // It did not end by itself, so its own status is told.
    assert.equal((await program.ended).status, 143);
  });
}
