'use strict';
// Protobuf's wire format, as far as profiles need it: messages are written, none is read.

const VARINT = 0;
const BYTES = 2;
const FIXED64 = 1;

/** Bytes of a message, field by field. */
class Message {
  /** @type {Buffer[]} */
  #parts = [];

  /** A number of a field; 0 is left out, as protobuf does. @param {number | bigint} value @param {number} field */
  number(field, value) {
    if (BigInt(value) !== 0n) this.#parts.push(varint((field << 3) | VARINT), varint(value));
  }

  /** A number of 64 bits, whatever it is. @param {bigint} value @param {number} field */
  fixed64(field, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    this.#parts.push(varint((field << 3) | FIXED64), bytes);
  }

  /** @param {Buffer} bytes @param {number} field */
  bytes(field, bytes) {
    this.#parts.push(varint((field << 3) | BYTES), varint(bytes.length), bytes);
  }

  /** Numbers of a repeated field, zeros among them. @param {(number | bigint)[]} values @param {number} field */
  numbers(field, values) {
    this.bytes(field, Buffer.concat(values.map(varint)));
  }

  /** A message inside of it. @param {(inner: Message) => void} write @param {number} field */
  message(field, write) {
    const inner = new Message();
    write(inner);
    this.bytes(field, inner.end());
  }

  end() {
    return Buffer.concat(this.#parts);
  }
}

/** Seven bits a byte, the lowest first. What is below 0 is what two's complement makes of it. @param {number | bigint} value */
function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** Texts by number; number 0 is the empty one. */
class Strings {
  /** @type {Map<string, number>} */
  #numbers = new Map([['', 0]]);

  /** @param {string} text */
  number(text) {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  all() {
    return this.#numbers.keys();
  }
}

module.exports = { Message, Strings };
