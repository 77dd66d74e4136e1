'use strict';
// A window of jsdom lives as long as one of its timers does, unless it is closed.

const PAGE = '<!doctype html><title>page</title><p>text</p><script>setInterval(() => document.title, 1000)</script>';

function setUp({ load, variant }) {
  const { JSDOM } = load('jsdom');
  return {
    operate() {
      const { window } = new JSDOM(PAGE, { runScripts: 'dangerously' });
      if (variant === 'healthy') window.close();
    },
  };
}

module.exports = { setUp };
