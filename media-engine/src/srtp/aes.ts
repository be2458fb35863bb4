/**
 * AES encryption of single blocks (FIPS 197) by tables, for the keystream of SRTP: a packet is a dozen blocks, and a call of
 * node:crypto for each would cost more than the blocks and leave garbage behind. Decryption is never needed (RFC 3711 §4.1.1).
 */

const BLOCK_WORDS = 4;
const POLYNOMIAL = 0x11b;

interface Tables {
  readonly box: Uint8Array;
  /** SubBytes and MixColumns in one, rotated for each row. */
  readonly mixed: readonly [Int32Array, Int32Array, Int32Array, Int32Array];
}

const TABLES = makeTables();

function double(x: number): number {
  return (x << 1) ^ (x & 0x80 ? POLYNOMIAL : 0);
}

/** §5.1.1: the inverse in GF(2^8), then an affine map. Powers of 3 go through all elements but 0. */
function makeTables(): Tables {
  const box = new Uint8Array(256);
  const powers = new Uint8Array(256);
  const logs = new Uint8Array(256);
  for (let i = 0, x = 1; i < 255; i++, x ^= double(x)) {
    powers[i] = x;
    logs[x] = i;
  }
  for (let i = 0; i < 256; i++) {
    const inverse = i === 0 ? 0 : powers[(255 - logs[i]!) % 255]!;
    const spread = inverse * 0x101;
    box[i] = inverse ^ (spread >> 4) ^ (spread >> 5) ^ (spread >> 6) ^ (spread >> 7) ^ 0x63;
  }
  const mixed = [0, 8, 16, 24].map((turn) =>
    Int32Array.from(box, (s) => {
      const word = (double(s) << 24) | (s << 16) | (s << 8) | (double(s) ^ s);
      return (word >>> turn) | (word << (32 - turn));
    }),
  );
  return { box, mixed: [mixed[0]!, mixed[1]!, mixed[2]!, mixed[3]!] };
}

/** §5.2: the round keys of a key of 16 or 32 bytes. */
function expandKey(key: Uint8Array): Int32Array {
  const { box } = TABLES;
  const keyWords = key.length / 4;
  const words = new Int32Array(BLOCK_WORDS * (keyWords + 7));
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  for (let i = 0; i < keyWords; i++) words[i] = view.getInt32(4 * i);
  for (let i = keyWords, round = 1; i < words.length; i++) {
    let word = words[i - 1]!;
    if (i % keyWords === 0) {
      word = substitute(box, (word << 8) | (word >>> 24)) ^ (round << 24);
      round = double(round);
    } else if (keyWords > 6 && i % keyWords === 4) word = substitute(box, word);
    words[i] = words[i - keyWords]! ^ word;
  }
  return words;
}

function substitute(box: Uint8Array, word: number): number {
  return (
    (box[word >>> 24]! << 24) | (box[(word >>> 16) & 255]! << 16) | (box[(word >>> 8) & 255]! << 8) | box[word & 255]!
  );
}

export class Aes {
  readonly #keys: Int32Array;

  /** `key`: 16 or 32 bytes. */
  constructor(key: Uint8Array) {
    this.#keys = expandKey(key);
  }

  /** Encrypts one block, four words with the most significant byte first, from `block` to `out`. */
  encrypt(block: Int32Array, out: Int32Array): void {
    const keys = this.#keys;
    const { box, mixed } = TABLES;
    const [m0, m1, m2, m3] = mixed;
    let a = block[0]! ^ keys[0]!;
    let b = block[1]! ^ keys[1]!;
    let c = block[2]! ^ keys[2]!;
    let d = block[3]! ^ keys[3]!;
    const last = keys.length - BLOCK_WORDS;
    for (let k = BLOCK_WORDS; k < last; k += BLOCK_WORDS) {
      const e = m0[a >>> 24]! ^ m1[(b >>> 16) & 255]! ^ m2[(c >>> 8) & 255]! ^ m3[d & 255]! ^ keys[k]!;
      const f = m0[b >>> 24]! ^ m1[(c >>> 16) & 255]! ^ m2[(d >>> 8) & 255]! ^ m3[a & 255]! ^ keys[k + 1]!;
      const g = m0[c >>> 24]! ^ m1[(d >>> 16) & 255]! ^ m2[(a >>> 8) & 255]! ^ m3[b & 255]! ^ keys[k + 2]!;
      d = m0[d >>> 24]! ^ m1[(a >>> 16) & 255]! ^ m2[(b >>> 8) & 255]! ^ m3[c & 255]! ^ keys[k + 3]!;
      a = e;
      b = f;
      c = g;
    }
    // SubBytes and ShiftRows: the last round mixes no columns.
    out[0] = (box[a >>> 24]! << 24) | (box[(b >>> 16) & 255]! << 16) | (box[(c >>> 8) & 255]! << 8) | box[d & 255]!;
    out[1] = (box[b >>> 24]! << 24) | (box[(c >>> 16) & 255]! << 16) | (box[(d >>> 8) & 255]! << 8) | box[a & 255]!;
    out[2] = (box[c >>> 24]! << 24) | (box[(d >>> 16) & 255]! << 16) | (box[(a >>> 8) & 255]! << 8) | box[b & 255]!;
    out[3] = (box[d >>> 24]! << 24) | (box[(a >>> 16) & 255]! << 16) | (box[(b >>> 8) & 255]! << 8) | box[c & 255]!;
    for (let i = 0; i < BLOCK_WORDS; i++) out[i]! ^= keys[last + i]!;
  }
}
