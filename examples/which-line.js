'use strict';
// Which line leaks: a shop whose reports are never let go, sampled from its start, and the
// table of what is alive. The sampler is set to run always; by default it runs only while a
// leak is suspected.
const memwatch = require('memwatch');

memwatch.configure({ sampling: { when: 'always' } });

const reports = [];

function makeReport(day) {
  const report = [];
  for (let order = 0; order < 1000; order++) report.push({ day, order, text: `order ${order} of day ${day}` });
  return report;
}

function closeDay(day) {
  reports.push(makeReport(day)); // never removed
  JSON.parse(JSON.stringify(makeReport(day))); // garbage: not in the table
}

for (let day = 0; day < 200; day++) closeDay(day);
memwatch.gc(); // only to be rid of the garbage here

const { sites } = memwatch.sites({ top: 3 });
for (const site of sites) {
  const megabytes = (site.bytes / 2 ** 20).toFixed(1);
  console.log(`${megabytes} MB  ${site.function}  line ${site.line}`);
  console.log(`        ${site.stack.map((frame) => frame.function).join(' < ')}`);
}
