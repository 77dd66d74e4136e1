// Whether the signature inside of a Mach-O file fits its bytes. macOS on arm64 ends a process that maps a page whose hash
// is another, and what changes a file after it was linked, such as a strip, has to sign it anew. Ours has no certificate
// ("ad hoc"), so the hashes are all that there is to check. Knows nothing of memwatch.
import { createHash } from 'node:crypto';

// <mach-o/loader.h>, and <kern/cs_blobs.h>, which is big-endian.
const LC_CODE_SIGNATURE = 0x1d;
const SUPER_BLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const SHA256 = 2;

/** Where the signature begins; undefined where there is none. @param {Buffer} bytes */
function signatureAt(bytes) {
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    if (bytes.readUInt32LE(at) === LC_CODE_SIGNATURE) return bytes.readUInt32LE(at + 8);
    at += bytes.readUInt32LE(at + 4);
  }
  return undefined;
}

/** Where the hashes of its pages begin. @param {Buffer} bytes @param {number} signature */
function directoryAt(bytes, signature) {
  if (bytes.readUInt32BE(signature) !== SUPER_BLOB) return undefined;
  for (let i = 0; i < bytes.readUInt32BE(signature + 8); i++) {
    const blob = signature + bytes.readUInt32BE(signature + 12 + 8 * i + 4);
    if (bytes.readUInt32BE(blob) === CODE_DIRECTORY) return blob;
  }
  return undefined;
}

/**
 * @param {Buffer} bytes  a Mach-O file of 64 bits
 * @returns {{ pages: number } | { problem: string }}
 */
export function checkSignature(bytes) {
  const signature = signatureAt(bytes);
  if (signature === undefined) return { problem: 'it has no signature' };
  const directory = directoryAt(bytes, signature);
  if (directory === undefined) return { problem: 'its signature has no hashes of pages' };
  const field = (/** @type {number} */ offset) => bytes.readUInt32BE(directory + offset);
  if (bytes[directory + 37] !== SHA256) return { problem: 'its signature has hashes of a kind that is not known here' };
  const [hashes, pages, limit] = [directory + field(16), field(28), field(32)];
  const [hashBytes, pageBytes] = [bytes[directory + 36], 2 ** bytes[directory + 39]];
  if (limit !== signature || pages !== Math.ceil(limit / pageBytes)) {
    return { problem: 'its signature is of another length of file' };
  }
  for (let page = 0; page < pages; page++) {
    const content = bytes.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, limit));
    const hash = createHash('sha256').update(content).digest().subarray(0, hashBytes);
    if (!hash.equals(bytes.subarray(hashes + page * hashBytes, hashes + (page + 1) * hashBytes))) {
      return { problem: `page ${page} was changed after it was signed` };
    }
  }
  return { pages };
}
