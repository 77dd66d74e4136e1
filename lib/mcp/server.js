'use strict';
// `memwatch mcp`: tools for an assistant on standard input and output, by the Model Context Protocol. It reads snapshots
// in the folders that it was given; what it answers is in tools.js.

const { createInterface } = require('node:readline');
const { printable } = require('../printable.js');
const { Folders } = require('./folders.js');
const { Connection } = require('./protocol.js');
const { Session } = require('./session.js');
const { checkArguments, toolsOf } = require('./tools.js');

const { version } = require('../../package.json');

const INSTRUCTIONS =
  'memwatch finds memory leaks of Node.js. With a snapshot: analyze, then follow `next` of each finding (inspect, paths, ' +
  'refs) until you have the file and line, and the reference to cut. With two: diff. With a process id: live_state, ' +
  'sites. Ids (@123) belong to one file. If an answer does not know something, say so; do not guess.';

/** A result of a tool: for programs, and the same as text. @param {object} value */
const result = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value });

/** @param {Error & { code?: string }} error */
function failure({ message, code }) {
  const text = printable(code ? `${message} [${code}]` : message);
  return { content: [{ type: 'text', text }], isError: true };
}

/** @param {import('./tools.js').Tool} tool */
function declared({ name, title, description, properties, required, isReadOnly = true }) {
  return {
    ...{ name, title, description },
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    annotations: { title, readOnlyHint: isReadOnly, destructiveHint: false, openWorldHint: false },
  };
}

/**
 * Serves until standard input ends.
 * @param {object} asked
 * @param {string[]} asked.folders
 * @param {boolean} asked.allowSnapshots
 * @param {boolean} asked.showStrings
 * @param {{ input: NodeJS.ReadableStream, output: NodeJS.WritableStream }} streams
 * @returns {Promise<number>} the exit status
 */
async function serve({ folders, allowSnapshots, showStrings }, { input, output }) {
  const tools = toolsOf({ allowSnapshots });
  const session = new Session();
  const context = { folders: new Folders(folders), session, showStrings };
  const connection = new Connection({
    info: { name: 'memwatch', title: 'memwatch', version },
    instructions: INSTRUCTIONS,
    list: () => tools.map(declared),
    call(name, args) {
      const tool = tools.find((one) => one.name === name);
      return tool && answer(tool, args, context);
    },
  });
  // Who asked has gone.
  output.on('error', () => {});
  const answering = new Set();
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const answered = connection.receive(line).then((message) => {
      answering.delete(answered);
      if (message !== null) output.write(`${JSON.stringify(message)}\n`);
    });
    answering.add(answered);
  }
  await Promise.all(answering);
  session.close();
  return 0;
}

/** @param {import('./tools.js').Tool} tool @param {any} args @param {import('./tools.js').Context} context */
async function answer(tool, args, context) {
  try {
    checkArguments(tool, args);
    return result(await tool.call(args, context));
  } catch (error) {
    return failure(error);
  }
}

module.exports = { serve };
