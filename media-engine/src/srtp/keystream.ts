/** AES in counter mode as SRTP uses it (RFC 3711 §4.1.1), and the keys derived with it (§4.3). */
import { Aes } from "./aes.ts";

export const SALT_BYTES = 14;
const BLOCK_BYTES = 16;

/** §4.3.2. */
export const LABEL = { rtpKey: 0, rtpAuth: 1, rtpSalt: 2, rtcpKey: 3, rtcpAuth: 4, rtcpSalt: 5 } as const;

/** What makes each packet's keystream its own. */
export interface Iv {
  ssrc: number;
  high: number;
  low: number;
}

export class Keystream {
  readonly #aes: Aes;
  readonly #salt = new Int32Array(4);
  readonly #counter = new Int32Array(4);
  readonly #block = new Int32Array(4);

  constructor(key: Uint8Array, salt: Uint8Array) {
    this.#aes = new Aes(key);
    for (let i = 0; i < SALT_BYTES; i++) this.#salt[i >> 2]! |= salt[i]! << (24 - 8 * (i & 3));
  }

  /**
   * Encrypts or decrypts `bytes` from `start` to `end` in place. The packet's index is `high` · 2^16 + `low`:
   * IV = (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16).
   */
  apply(bytes: Uint8Array, start: number, end: number, iv: Iv): void {
    const counter = this.#counter;
    const salt = this.#salt;
    const block = this.#block;
    counter[0] = salt[0]!;
    counter[1] = salt[1]! ^ iv.ssrc;
    counter[2] = salt[2]! ^ iv.high;
    const last = salt[3]! ^ (iv.low << 16);
    for (let at = start, n = 0; at < end; at += BLOCK_BYTES, n++) {
      counter[3] = last ^ n;
      this.#aes.encrypt(counter, block);
      const size = end - at;
      if (size >= BLOCK_BYTES) xorBlock(block, bytes, at);
      else for (let i = 0; i < size; i++) bytes[at + i]! ^= block[i >> 2]! >>> (24 - 8 * (i & 3));
    }
  }
}

function xorBlock(block: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0, p = at; i < 4; i++, p += 4) {
    const word = block[i]!;
    bytes[p]! ^= word >>> 24;
    bytes[p + 1]! ^= (word >>> 16) & 255;
    bytes[p + 2]! ^= (word >>> 8) & 255;
    bytes[p + 3]! ^= word & 255;
  }
}

/** §4.3.1 with a key derivation rate of zero: the one set of session keys that a session has. */
export function makeSessionKey(
  master: { key: Uint8Array; salt: Uint8Array },
  label: number,
  bytes: number,
): Uint8Array {
  const salt = master.salt.slice();
  salt[7]! ^= label;
  const out = new Uint8Array(bytes);
  new Keystream(master.key, salt).apply(out, 0, bytes, { ssrc: 0, high: 0, low: 0 });
  return out;
}
