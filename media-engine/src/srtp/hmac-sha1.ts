/**
 * HMAC-SHA1 (RFC 2104, FIPS 180-4) with the state after the key kept, so that a packet costs only its own blocks. Nothing is
 * allocated after construction.
 */
const BLOCK_BYTES = 64;
const STATE_WORDS = 5;
const LENGTH_AT = 56;

/** Of a whole tag, which SRTP cuts to ten or four (RFC 3711 §4.2.1). */
export const HMAC_BYTES = 20;

export class HmacSha1 {
  readonly #inner = new Int32Array(STATE_WORDS);
  readonly #outer = new Int32Array(STATE_WORDS);
  readonly #state = new Int32Array(STATE_WORDS);
  readonly #schedule = new Int32Array(80);
  readonly #block = new Uint8Array(BLOCK_BYTES);

  /** `key`: at most 64 bytes. */
  constructor(key: Uint8Array) {
    this.#absorbKey(key, 0x36, this.#inner);
    this.#absorbKey(key, 0x5c, this.#outer);
  }

  /** The tag of the first `size` bytes of `bytes`, to the first 20 of `out`. */
  sign(bytes: Uint8Array, size: number, out: Uint8Array): void {
    const state = this.#state;
    const block = this.#block;
    state.set(this.#inner);
    let at = 0;
    for (; at + BLOCK_BYTES <= size; at += BLOCK_BYTES) this.#compress(bytes, at, state);
    const rest = size - at;
    for (let i = 0; i < rest; i++) block[i] = bytes[at + i]!;
    this.#finish(rest, BLOCK_BYTES + size, state);
    putState(state, block);
    state.set(this.#outer);
    this.#finish(HMAC_BYTES, BLOCK_BYTES + HMAC_BYTES, state);
    putState(state, out);
  }

  #absorbKey(key: Uint8Array, pad: number, state: Int32Array): void {
    state.set([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
    this.#block.fill(pad);
    for (let i = 0; i < key.length; i++) this.#block[i]! ^= key[i]!;
    this.#compress(this.#block, 0, state);
  }

  /** FIPS 180-4 §5.1.1: `filled` bytes of the last block are there; a one, zeros, and the length of all in bits follow. */
  #finish(filled: number, total: number, state: Int32Array): void {
    const block = this.#block;
    block.fill(0, filled);
    block[filled] = 0x80;
    if (filled >= LENGTH_AT) {
      this.#compress(block, 0, state);
      block.fill(0);
    }
    const bits = total * 8;
    block[60] = bits >>> 24;
    block[61] = bits >>> 16;
    block[62] = bits >>> 8;
    block[63] = bits;
    this.#compress(block, 0, state);
  }

  /** FIPS 180-4 §6.1.2. */
  #compress(bytes: Uint8Array, at: number, state: Int32Array): void {
    const w = this.#schedule;
    for (let t = 0, i = at; t < 16; t++, i += 4)
      w[t] = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
    for (let t = 16; t < 80; t++) {
      const x = w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!;
      w[t] = (x << 1) | (x >>> 31);
    }
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    let e = state[4]!;
    // Four loops and sums cut to 32 bits at each step: as one loop of floating sums it took twice as long.
    for (let t = 0; t < 20; t++) {
      const next = (((a << 5) | (a >>> 27)) + ((((b & c) | (~b & d)) + 0x5a827999) | 0) + ((e + w[t]!) | 0)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    for (let t = 20; t < 40; t++) {
      const next = (((a << 5) | (a >>> 27)) + (((b ^ c ^ d) + 0x6ed9eba1) | 0) + ((e + w[t]!) | 0)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    for (let t = 40; t < 60; t++) {
      const most = (b & c) | (b & d) | (c & d);
      const next = (((a << 5) | (a >>> 27)) + ((most - 0x70e44324) | 0) + ((e + w[t]!) | 0)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    for (let t = 60; t < 80; t++) {
      const next = (((a << 5) | (a >>> 27)) + (((b ^ c ^ d) - 0x359d3e2a) | 0) + ((e + w[t]!) | 0)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    state[0] = (state[0]! + a) | 0;
    state[1] = (state[1]! + b) | 0;
    state[2] = (state[2]! + c) | 0;
    state[3] = (state[3]! + d) | 0;
    state[4] = (state[4]! + e) | 0;
  }
}

function putState(state: Int32Array, out: Uint8Array): void {
  for (let i = 0; i < STATE_WORDS; i++) {
    const word = state[i]!;
    out[4 * i] = word >>> 24;
    out[4 * i + 1] = word >>> 16;
    out[4 * i + 2] = word >>> 8;
    out[4 * i + 3] = word;
  }
}
