'use strict';
// The Model Context Protocol on the wire, for a server that has tools: JSON-RPC 2.0, one message a line. Knows no
// tool, and reads and writes nothing itself.

/** The newest first; of another one, the newest is offered, as the protocol has it. */
const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

/** With this version alone several messages may stand in one list. */
const BATCHES = '2025-03-26';

/** Of JSON-RPC. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

/** A failure of the protocol, not of a tool. */
class ProtocolError extends Error {
  /** @param {number} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const isObject = (/** @type {any} */ value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (/** @type {any} */ value) => typeof value === 'string' || Number.isFinite(value);

/** @param {any} id @param {number} code @param {string} message */
const failed = (id, code, message) => ({ jsonrpc: '2.0', id, error: { code, message } });

/**
 * @typedef {object} Server
 * @property {{ name: string, title: string, version: string }} info
 * @property {string} instructions
 * @property {() => object[]} list  the tools
 * @property {(name: string, args: object) => Promise<object> | undefined} call  undefined where there is no such tool
 */

class Connection {
  #server;
  #version = VERSIONS[0];
  /** Requests under way that nobody waits for any more, and all that are. */
  #cancelled = new Set();
  #running = new Set();

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
  }

  /**
   * @param {string} line  one message
   * @returns {Promise<object | object[] | null>}  what is to be sent; null for nothing
   */
  async receive(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return failed(null, PARSE_ERROR, 'The message is not JSON.');
    }
    if (!Array.isArray(message)) return this.#one(message);
    if (this.#version !== BATCHES || message.length === 0)
      return failed(null, INVALID_REQUEST, 'A message is one object.');
    const answers = (await Promise.all(message.map((one) => this.#one(one)))).filter((answer) => answer !== null);
    return answers.length > 0 ? answers : null;
  }

  /** @param {any} message */
  async #one(message) {
    const id = isId(message?.id) ? message.id : null;
    if (!isObject(message) || message.jsonrpc !== '2.0')
      return failed(id, INVALID_REQUEST, 'Not a JSON-RPC 2.0 message.');
    // An answer: this server asks nothing.
    if (message.method === undefined && ('result' in message || 'error' in message)) return null;
    if (typeof message.method !== 'string') return failed(id, INVALID_REQUEST, 'The method is missing.');
    if (!('id' in message)) return this.#notice(message);
    if (id === null) return failed(null, INVALID_REQUEST, 'The id is a string or a number.');
    if (message.params !== undefined && !isObject(message.params))
      return failed(id, INVALID_PARAMS, 'The parameters are an object.');
    this.#running.add(id);
    try {
      const result = await this.#answer(message.method, message.params ?? {});
      return this.#cancelled.has(id) ? null : { jsonrpc: '2.0', id, result };
    } catch (error) {
      if (error instanceof ProtocolError) return failed(id, error.code, error.message);
      return failed(id, INTERNAL_ERROR, 'Internal error; please report it.');
    } finally {
      this.#running.delete(id);
      this.#cancelled.delete(id);
    }
  }

  /** @param {{ method: string, params?: any }} message */
  #notice({ method, params }) {
    const id = params?.requestId;
    if (method === 'notifications/cancelled' && this.#running.has(id)) this.#cancelled.add(id);
    return null;
  }

  /** @param {string} method @param {any} params */
  async #answer(method, params) {
    if (method === 'ping') return {};
    if (method === 'initialize') return this.#initialize(params);
    if (method === 'tools/list') return { tools: this.#server.list() };
    if (method !== 'tools/call') throw new ProtocolError(METHOD_NOT_FOUND, `Unknown method: ${method.slice(0, 100)}`);
    const { name, arguments: args = {} } = params;
    if (typeof name !== 'string') throw new ProtocolError(INVALID_PARAMS, 'The name of a tool is missing.');
    if (!isObject(args)) throw new ProtocolError(INVALID_PARAMS, 'The arguments of a tool are an object.');
    const called = this.#server.call(name, args);
    if (called === undefined) throw new ProtocolError(INVALID_PARAMS, `Unknown tool: ${name.slice(0, 100)}`);
    return called;
  }

  /** @param {{ protocolVersion?: unknown }} params */
  #initialize({ protocolVersion }) {
    if (typeof protocolVersion !== 'string') throw new ProtocolError(INVALID_PARAMS, 'protocolVersion is missing.');
    this.#version = VERSIONS.includes(protocolVersion) ? protocolVersion : VERSIONS[0];
    const { info, instructions } = this.#server;
    return { protocolVersion: this.#version, capabilities: { tools: {} }, serverInfo: info, instructions };
  }
}

module.exports = { Connection };
