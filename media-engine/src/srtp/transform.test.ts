import { createCipheriv, createHmac } from "node:crypto";
import { seededRandom } from "@voepy/base";
import { describe, expect, test } from "vitest";
import type { SrtpSuite } from "../types.ts";
import { HmacSha1 } from "./hmac-sha1.ts";
import { Keystream, LABEL, makeSessionKey } from "./keystream.ts";
import { ReplayWindow } from "./replay-window.ts";
import { SrtpTransform } from "./transform.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();

/** RFC 3711 B.3. */
const MASTER = { key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6") };
const KEY = hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
const KEY_256 = seededRandom(9).fill(new Uint8Array(46));

function rtp(seq: number, ssrc = 0xcafebabe, payload = new Uint8Array(160).fill(0xab)): Uint8Array {
  const packet = new Uint8Array(2048);
  packet.set([0x80, 0x0f, seq >> 8, seq & 255, 0xde, 0xca, 0xfb, 0xad]);
  new DataView(packet.buffer).setUint32(8, ssrc);
  packet.set(payload, 12);
  return packet;
}

describe("vectors", () => {
  test("AES-CM keystream (RFC 3711 B.2)", () => {
    const stream = new Keystream(hex("2B7E151628AED2A6ABF7158809CF4F3C"), hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
    const out = new Uint8Array(48);
    stream.apply(out, 0, 48, { ssrc: 0, high: 0, low: 0 });
    expect(text(out)).toBe(
      "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0",
    );
  });

  test("key derivation (RFC 3711 B.3)", () => {
    expect(text(makeSessionKey(MASTER, LABEL.rtpKey, 16))).toBe("C61E7A93744F39EE10734AFE3FF7A087");
    expect(text(makeSessionKey(MASTER, LABEL.rtpSalt, 14))).toBe("30CBBC08863D8C85D49DB34A9AE1");
    expect(text(makeSessionKey(MASTER, LABEL.rtpAuth, 20))).toBe("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
  });

  test("AES-256 key derivation (RFC 6188 §7.2)", () => {
    const key = hex("F0F04914B513F2763A1B1FA130F10E2998F6F6E43E4309D1E622A0E332B9F1B6");
    const salt = hex("3B04803DE51EE7C96423AB5B78D2");
    expect(text(makeSessionKey({ key, salt }, LABEL.rtpKey, 32))).toBe(
      "5BA1064E30EC51613CAD926C5A28EF731EC7FB397F70A960653CAF06554CD8C4",
    );
  });

  test("a packet and a report of libsrtp's own test", () => {
    const transform = new SrtpTransform("AES_CM_128_HMAC_SHA1_80", KEY);
    const packet = rtp(0x1234, 0xcafebabe, new Uint8Array(16).fill(0xab));
    const size = transform.protect(packet, 28);
    expect(text(packet.subarray(0, size))).toBe(
      "800F1234DECAFBADCAFEBABE4E55DC4CE79978D88CA4D215949D2402B78D6ACC99EA179B8DBB",
    );
    const report = new Uint8Array(64);
    report.set(hex("81C8000BCAFEBABE ABABABABABABABABABABABABABABABAB"));
    // Its first index is 1.
    transform.continueFrom([{ ssrc: 0xcafebabe, rtp: -1, rtcp: 0 }]);
    expect(text(report.subarray(0, transform.protectRtcp(report, 24)))).toBe(
      "81C8000BCAFEBABE7128035BE487B9BDBEF89041F977A5A880000001993E08CD54D6C1230798",
    );
  });

  test("HMAC-SHA1 is that of OpenSSL for every length", () => {
    const random = seededRandom(3);
    const key = random.fill(new Uint8Array(20));
    const hmac = new HmacSha1(key);
    const tag = new Uint8Array(20);
    for (let size = 0; size < 300; size++) {
      const bytes = random.fill(new Uint8Array(size));
      hmac.sign(bytes, size, tag);
      expect(text(tag)).toBe(createHmac("sha1", key).update(bytes).digest("hex").toUpperCase());
    }
  });

  test.each([16, 32])("AES-CM is that of OpenSSL, key of %d bytes", (keyBytes) => {
    const random = seededRandom(4);
    for (let turn = 0; turn < 50; turn++) {
      const key = random.fill(new Uint8Array(keyBytes));
      const salt = random.fill(new Uint8Array(14));
      const out = new Uint8Array(100);
      new Keystream(key, salt).apply(out, 0, 100, { ssrc: 0, high: 0, low: 0 });
      const ours = createCipheriv(`aes-${keyBytes * 8}-ctr`, key, Buffer.concat([salt, Buffer.alloc(2)]));
      expect(text(out)).toBe(text(ours.update(Buffer.alloc(100))));
    }
  });
});

describe.each<[SrtpSuite, Uint8Array, number]>([
  ["AES_CM_128_HMAC_SHA1_80", KEY, 10],
  ["AES_CM_128_HMAC_SHA1_32", KEY, 4],
  ["AES_256_CM_HMAC_SHA1_80", KEY_256, 10],
])("%s", (suite, key, tagBytes) => {
  const pair = () => ({ tx: new SrtpTransform(suite, key), rx: new SrtpTransform(suite, key) });

  test("what is encrypted comes out as it was, in order or not", () => {
    const { tx, rx } = pair();
    const sent = [5, 6, 7, 8].map((seq) => {
      const packet = rtp(seq);
      return { packet, size: tx.protect(packet, 172) };
    });
    for (const i of [0, 2, 1, 3]) {
      const { packet, size } = sent[i]!;
      expect(size).toBe(172 + tagBytes);
      expect(packet.subarray(12, 172)).not.toEqual(rtp(0).subarray(12, 172));
      expect(rx.unprotect(packet, size)).toBe(172);
      expect(packet.subarray(0, 172)).toEqual(rtp(5 + i).subarray(0, 172));
    }
  });

  test("the rollover counter goes on where sequence numbers wrap (RFC 3711 §3.3.1)", () => {
    const { tx, rx } = pair();
    for (let i = 0; i < 140_000; i += i < 65_000 || i > 67_000 ? 500 : 1) {
      const packet = rtp((0xff00 + i) & 0xffff);
      expect(rx.unprotect(packet, tx.protect(packet, 172))).toBe(172);
    }
  });

  test("a repeated packet is refused, a changed one too, and the true one is still taken (§3.3.2)", () => {
    const { tx, rx } = pair();
    const packet = rtp(1);
    const size = tx.protect(packet, 172);
    for (const at of [1, 3, 7, 11, 12, 171, size - 1]) {
      const changed = packet.slice();
      changed[at]! ^= 1;
      expect(rx.unprotect(changed, size)).toBe(0);
    }
    const again = packet.slice();
    expect(rx.unprotect(packet, size)).toBe(172);
    expect(rx.unprotect(again, size)).toBe(0);
  });

  test("one index is never used for two packets (§9.1)", () => {
    const { tx } = pair();
    expect(tx.protect(rtp(9), 172)).toBeGreaterThan(0);
    expect(tx.protect(rtp(9, 0xcafebabe, new Uint8Array(160)), 172)).toBe(0);
  });

  test("a new stream of the same key is taken, the old one cannot be repeated after it", () => {
    const { tx, rx } = pair();
    const old = rtp(1);
    const size = tx.protect(old, 172);
    const repeated = old.slice();
    rx.unprotect(old, size);
    const fresh = rtp(1, 0x12345678);
    expect(rx.unprotect(fresh, tx.protect(fresh, 172))).toBe(172);
    expect(rx.unprotect(repeated, size)).toBe(0);
  });

  test("RTCP goes the same way, its index in the packet (§3.4)", () => {
    const { tx, rx } = pair();
    const packet = new Uint8Array(100);
    packet.set([0x80, 201, 0, 1, 1, 2, 3, 4, 9, 9, 9, 9]);
    const plain = packet.slice(0, 12);
    const size = tx.protectRtcp(packet, 12);
    const again = packet.slice();
    expect(rx.unprotectRtcp(packet, size)).toBe(12);
    expect(packet.slice(0, 12)).toEqual(plain);
    expect(rx.unprotectRtcp(again, size)).toBe(0);
  });

  test("another thread goes on where one stood", () => {
    const { tx, rx } = pair();
    for (let seq = 0xfff0; seq < 0x10010; seq++) {
      const packet = rtp(seq & 0xffff);
      rx.unprotect(packet, tx.protect(packet, 172));
    }
    const moved = pair();
    moved.tx.continueFrom(tx.state());
    moved.rx.continueFrom(rx.state());
    const packet = rtp(0x10);
    expect(rx.unprotect(packet.slice(), 172)).toBe(0);
    expect(moved.rx.unprotect(packet, moved.tx.protect(packet, 172))).toBe(172);
  });

  test("a hundred thousand packets of noise are refused without an error", () => {
    const { rx } = pair();
    const random = seededRandom(11);
    const packet = new Uint8Array(2048);
    for (let i = 0; i < 100_000; i++) {
      const [size = 0] = random.fill(new Uint8Array(1));
      packet.set(random.fill(new Uint8Array(16)));
      expect(rx.unprotect(packet, size) + rx.unprotectRtcp(packet, size)).toBe(0);
    }
  });
});

test("a window tells fresh from used, and what is too old to tell (RFC 3711 §3.3.2)", () => {
  const window = new ReplayWindow();
  for (const index of [100, 103, 102]) window.use(index);
  expect([100, 101, 102, 103, 104].map((index) => window.isFresh(index))).toEqual([false, true, false, false, true]);
  window.use(300);
  expect([101, 172, 173, 299].map((index) => window.isFresh(index))).toEqual([false, false, true, true]);
});
