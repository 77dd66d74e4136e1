'use strict';
// What --help prints. Reads the table of commands; runs nothing.

const { COMMANDS, COMMON } = require('./commands.js');
const { PROGRAMS } = require('./programs.js');

const FILES = `FILE is a heap snapshot as Node.js or Chrome write it, or a core file of Node.js on Linux x64; .gz and
.zst are decompressed, - is standard input. An ID is written @123, as the tables print it; of an object in a core, its
address 0x1234 will do.`;

/** Text in two columns. */
function columns(rows) {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function overview() {
  const commands = Object.entries(COMMANDS).map(([name, { usage, answers }]) => [`${name} ${usage}`, answers]);
  const programs = Object.entries(PROGRAMS).map(([name, { usage, answers }]) => [`${name} ${usage}`, answers]);
  return `usage: memwatch COMMAND [options] FILE…

${columns(programs)}

${columns(commands)}

${FILES}
memwatch COMMAND --help prints details. Exit status: 0 done, 1 growth found (--fail-on-growth), 2 bad input.
`;
}

function ofCommand(name) {
  const { usage, answers, options } = COMMANDS[name];
  const rows = Object.entries({ ...options, ...COMMON }).map(([option, { type, help, number, choices }]) => {
    const value = choices ? choices.join('|') : number ? 'N' : type === 'string' ? 'FILE' : '';
    return [`--${option}${value && ` ${value}`}`, help];
  });
  return `usage: memwatch ${name} ${usage}

${answers[0].toUpperCase()}${answers.slice(1)}.

${columns(rows)}

${FILES}
`;
}

function ofProgram(name) {
  const { usage, answers, about, options } = PROGRAMS[name];
  const rows = Object.entries(options).map(([option, { value, help }]) => [
    `--${option}${value ? ` ${value}` : ''}`,
    help,
  ]);
  return `usage: memwatch ${name} ${usage}

${answers[0].toUpperCase()}${answers.slice(1)}.

${columns(rows)}

${about}
`;
}

module.exports = { overview, ofCommand, ofProgram };
