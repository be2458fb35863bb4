/** What encryption costs a packet: 160 bytes of PCMU, encrypted and decrypted. `node media-engine/bench/srtp.bench.ts` */
import { SrtpTransform } from "../src/srtp/transform.ts";
import type { SrtpSuite } from "../src/types.ts";

const PACKETS = 400_000;
const SIZE = 172;
const SUITES: readonly (readonly [SrtpSuite, number])[] = [
  ["AES_CM_128_HMAC_SHA1_80", 30],
  ["AES_CM_128_HMAC_SHA1_32", 30],
  ["AES_256_CM_HMAC_SHA1_80", 46],
];

function run(suite: SrtpSuite, keyBytes: number): { protectUs: number; unprotectUs: number } {
  const key = new Uint8Array(keyBytes).fill(7);
  const [tx, rx] = [new SrtpTransform(suite, key), new SrtpTransform(suite, key)];
  const packet = new Uint8Array(2048);
  packet.set([0x80, 0]);
  let protectNs = 0n;
  let unprotectNs = 0n;
  for (let seq = 0; seq < PACKETS; seq++) {
    packet[2] = seq >> 8;
    packet[3] = seq;
    const start = process.hrtime.bigint();
    const size = tx.protect(packet, SIZE);
    const middle = process.hrtime.bigint();
    if (rx.unprotect(packet, size) !== SIZE) throw new Error(`packet ${seq} did not come out`);
    unprotectNs += process.hrtime.bigint() - middle;
    protectNs += middle - start;
  }
  return { protectUs: Number(protectNs) / PACKETS / 1000, unprotectUs: Number(unprotectNs) / PACKETS / 1000 };
}

for (const [suite, keyBytes] of SUITES) {
  run(suite, keyBytes);
  const { protectUs, unprotectUs } = run(suite, keyBytes);
  console.log(`${suite}: protect ${protectUs.toFixed(2)} µs, unprotect ${unprotectUs.toFixed(2)} µs`);
}
