import { seededRandom } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { FarEnd, pcmuParams, Rig } from "../../test/rig.ts";
import { SrtpSession } from "../srtp/srtp-session.ts";
import type { SrtpParams } from "../types.ts";
import type { Port } from "./port.ts";

const random = seededRandom(21);
const key = (): Uint8Array => random.fill(new Uint8Array(30));

/** Our side's keys, and the same as the far end has them. */
function keys(): { ours: SrtpParams; theirs: SrtpSession } {
  const [txKey, rxKey] = [key(), key()];
  const suite = "AES_CM_128_HMAC_SHA1_80";
  return { ours: { suite, txKey, rxKey }, theirs: new SrtpSession({ suite, txKey: rxKey, rxKey: txKey }) };
}

function sealed(session: SrtpSession, packet: Uint8Array): Uint8Array {
  const memory = new Uint8Array(packet.length + 14);
  memory.set(packet);
  return memory.subarray(0, session.tx.protect(memory, packet.length));
}

/** What the far end of `port` makes of the packets sent to it; undefined for one that it refuses. */
function opened(rig: Rig, port: Port, session: SrtpSession): (Uint8Array | undefined)[] {
  return rig.sentBy(port).map(({ bytes }) => {
    const packet = bytes.slice();
    const size = session.rx.unprotect(packet, packet.length);
    return size === 0 ? undefined : packet.slice(12, size);
  });
}

const payload = (n: number): Uint8Array => new Uint8Array(160).fill(n);

describe("an encrypted leg", () => {
  test("relay re-keys: what one encrypts the other decrypts, bit for bit", () => {
    const rig = new Rig();
    const [a, b] = [keys(), keys()];
    const portA = rig.port("a", pcmuParams(10_000, { srtp: a.ours }));
    const portB = rig.port("b", pcmuParams(20_000, { srtp: b.ours }));
    rig.graph.setBridge("bridge", ["a", "b"]);
    const ann = new FarEnd(10_000);
    for (let n = 0; n < 50; n++) rig.arrive(portA, sealed(a.theirs, ann.audio(payload(n))), ann);
    expect(portB.path).toBe("relay");
    expect(opened(rig, portB, b.theirs)).toEqual(Array.from({ length: 50 }, (_, n) => payload(n)));
    expect(rig.sentBy(portB).every(({ payload: bytes }) => bytes.length === 170)).toBe(true);
  });

  test("is bridged with a plain one", () => {
    const rig = new Rig();
    const a = keys();
    const portA = rig.port("a", pcmuParams(10_000, { srtp: a.ours }));
    const portB = rig.port("b", pcmuParams(20_000));
    rig.graph.setBridge("bridge", ["a", "b"]);
    const [ann, bob] = [new FarEnd(10_000), new FarEnd(20_000)];
    rig.arrive(portA, sealed(a.theirs, ann.audio(payload(1))), ann);
    rig.arrive(portB, bob.audio(payload(2)), bob);
    expect(rig.sentBy(portB)[0]?.payload).toEqual(payload(1));
    expect(opened(rig, portA, a.theirs)).toEqual([payload(2)]);
  });

  test("plain, forged and repeated packets are neither heard nor do they take the media", () => {
    const rig = new Rig();
    const a = keys();
    const portA = rig.port("a", pcmuParams(10_000, { srtp: a.ours }));
    const portB = rig.port("b", pcmuParams(20_000));
    rig.graph.setBridge("bridge", ["a", "b"]);
    const ann = new FarEnd(10_000);
    for (let i = 0; i < 100; i++) {
      rig.arrive(portA, ann.audio(payload(9)), { address: "203.0.113.66", udpPort: 6666 });
      rig.arrive(portA, ann.audio(payload(9)), ann);
      rig.run(20);
    }
    expect(rig.sentBy(portB)).toEqual([]);
    expect(rig.events).toEqual([]);
    const packet = sealed(a.theirs, ann.audio(payload(1)));
    rig.arrive(portA, packet.slice(), ann);
    rig.arrive(portA, packet.slice(), ann);
    expect(rig.sentBy(portB).map((heard) => heard.payload)).toEqual([payload(1)]);
    expect(rig.graph.wire.counters.dropUnauthentic).toBe(201);
  });

  test("keeps its keys' place when a new description keeps the keys, and takes a new key at once", () => {
    const rig = new Rig();
    const a = keys();
    const portA = rig.port("a", pcmuParams(10_000, { srtp: a.ours }));
    const portB = rig.port("b", pcmuParams(20_000));
    rig.graph.setBridge("bridge", ["a", "b"]);
    const ann = new FarEnd(10_000);
    const packet = sealed(a.theirs, ann.audio(payload(1)));
    rig.arrive(portA, packet.slice(), ann);
    rig.graph.setParams(portA, pcmuParams(10_000, { srtp: { ...a.ours } }));
    rig.arrive(portA, packet.slice(), ann);
    expect(rig.sentBy(portB)).toHaveLength(1);
    const rekeyed = keys();
    rig.graph.setParams(portA, pcmuParams(10_000, { srtp: rekeyed.ours }));
    rig.arrive(portA, sealed(rekeyed.theirs, ann.audio(payload(2))), ann);
    expect(rig.sentBy(portB)).toHaveLength(2);
  });

  test("reports are encrypted too (RFC 3711 §3.4)", () => {
    const rig = new Rig();
    const a = keys();
    const rtcp = { mux: true, remoteUdpPort: undefined };
    const portA = rig.port("a", pcmuParams(10_000, { srtp: a.ours, rtcp, maySend: false }));
    rig.run(10_000);
    const [first] = rig.sentBy(portA);
    const bytes = first?.bytes.slice() ?? new Uint8Array();
    expect(bytes[1]).toBe(201);
    expect(a.theirs.rx.unprotectRtcp(bytes, bytes.length)).toBe(bytes.length - 14);
  });

  test("does not show its keys when it tells its path", () => {
    const rig = new Rig();
    const a = keys();
    const port = rig.port("a", pcmuParams(10_000, { srtp: a.ours }));
    expect(port.describe()).toContain("srtp AES_CM_128_HMAC_SHA1_80");
    expect(port.describe()).not.toContain(Buffer.from(a.ours.txKey).toString("base64"));
  });
});
