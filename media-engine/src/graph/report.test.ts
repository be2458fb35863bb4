import { describe, expect, test } from "vitest";
import { FarEnd, pcmuParams, Rig } from "../../test/rig.ts";
import { makeCompound, type ReceptionBlock, type Report, readCompound } from "../rtcp/compound.ts";
import type { Port } from "./port.ts";
import { sayBye } from "./report.ts";

const RTCP = { mux: true, remoteUdpPort: undefined } as const;
const VOICE = new Uint8Array(160).fill(0x55);
const SR = 200;
const RR = 201;
const BYE = 203;

function talking(rtcp: { mux: boolean; remoteUdpPort: number | undefined } = RTCP) {
  const rig = new Rig();
  const a = rig.port("a", pcmuParams(10_000, { rtcp }));
  const b = rig.port("b", pcmuParams(20_000, { rtcp }));
  rig.graph.setBridge("bridge", ["a", "b"]);
  return { rig, a, b, ann: new FarEnd(10_000), bob: new FarEnd(20_000) };
}

/** RTCP sent to the far end of `port`, with when and where to. */
function reportsTo(rig: Rig, port: Port) {
  return rig
    .sentBy(port)
    .filter(({ bytes }) => bytes[1]! >= 192 && bytes[1]! <= 223)
    .map((heard) => ({ ...heard, type: heard.bytes[1]!, reports: readCompound(heard.bytes) ?? [] }));
}

function blockFor(port: Port, more: Partial<ReceptionBlock> = {}): ReceptionBlock {
  const ssrc = port.audio?.tx.ssrc ?? 0;
  return { ssrc, fractionLost: 0, lost: 0, highestSeq: 0, jitterTicks: 0, lastSr: 0, delaySinceLastSr: 0, ...more };
}

function said(who: FarEnd, blocks: readonly ReceptionBlock[], sender?: Report["sender"]): Uint8Array {
  return makeCompound({ ssrc: who.ssrc, sender, blocks }, "far@end", false);
}

describe("reports (RFC 3550 §6)", () => {
  test("a relayed leg gets SR with what was sent and what was heard of it, about every five seconds", () => {
    const { rig, a, ann, bob, b } = talking();
    for (let i = 0; i < 3000; i++) {
      // Every tenth packet of Ann's is lost on the way.
      const packet = ann.audio(VOICE);
      if (i % 10 !== 5) rig.arrive(a, packet, ann);
      rig.arrive(b, bob.audio(VOICE), bob);
      rig.run(20);
    }
    const told = reportsTo(rig, a);
    expect(told.length).toBeGreaterThan(8);
    expect(told.length).toBeLessThan(25);
    const last = told.at(-1);
    expect(last?.type).toBe(SR);
    const [report] = last?.reports ?? [];
    const sent = rig.sentBy(a).filter(({ atMs, bytes }) => atMs <= (last?.atMs ?? 0) && bytes[1]! < 192).length;
    expect(report?.sender).toMatchObject({ packets: sent, octets: sent * 160 });
    expect(report?.blocks[0]).toMatchObject({ ssrc: ann.ssrc });
    expect(report?.blocks[0]?.fractionLost).toBeGreaterThan(20);
    expect(report?.blocks[0]?.fractionLost).toBeLessThan(32);
    expect(report?.blocks[0]?.lost).toBeGreaterThan(250);
  });

  test("who has sent nothing reports as a receiver (§6.4)", () => {
    const { rig, a, b, ann } = talking();
    rig.graph.setParams(a, pcmuParams(10_000, { rtcp: RTCP, maySend: false }));
    rig.speak(
      a,
      ann,
      Array.from({ length: 400 }, () => VOICE),
    );
    expect(reportsTo(rig, a).every(({ type }) => type === RR)).toBe(true);
    expect(reportsTo(rig, b).some(({ type }) => type === SR)).toBe(true);
  });

  test("a leg that closes says BYE, one that never reported does not (§6.3.7)", () => {
    const { rig, a, b, ann } = talking();
    sayBye(rig.graph.wire, b);
    expect(reportsTo(rig, b)).toEqual([]);
    rig.speak(
      a,
      ann,
      Array.from({ length: 400 }, () => VOICE),
    );
    sayBye(rig.graph.wire, a);
    expect(reportsTo(rig, a).at(-1)?.bytes.at(-7)).toBe(BYE);
  });

  test("without rtcp-mux they go to the port that SDP named, or the next", () => {
    const named = talking({ mux: false, remoteUdpPort: 10_777 });
    named.rig.run(10_000);
    expect(reportsTo(named.rig, named.a)[0]?.to).toBe("198.51.100.1:10777");
    const unnamed = talking({ mux: false, remoteUdpPort: undefined });
    unnamed.rig.run(10_000);
    expect(reportsTo(unnamed.rig, unnamed.a)[0]?.to).toBe("198.51.100.1:10001");
  });

  test("none are sent where SDP left RTCP open", () => {
    const rig = new Rig();
    const a = rig.port("a", pcmuParams(10_000));
    rig.speak(a, new FarEnd(10_000), [VOICE]);
    rig.run(60_000);
    expect(reportsTo(rig, a)).toEqual([]);
    expect(rig.events.some(({ type }) => type === "mediaWarning")).toBe(false);
  });
});

describe("reports of the far end", () => {
  test("its loss and jitter become ours to tell, and the round trip is now − LSR − DLSR (§6.4.1)", () => {
    const { rig, a, b, ann, bob } = talking();
    rig.speak(
      b,
      bob,
      Array.from({ length: 400 }, () => VOICE),
    );
    const [first] = reportsTo(rig, a).filter(({ type }) => type === SR);
    const sender = first?.reports[0]?.sender;
    const lastSr = (((sender?.ntpSeconds ?? 0) << 16) | ((sender?.ntpFraction ?? 0) >>> 16)) >>> 0;
    // Held at the far end until 80 ms before now.
    const heldMs = rig.nowMs - (first?.atMs ?? 0) - 80;
    const delaySinceLastSr = Math.round((heldMs * 0x10000) / 1000);
    rig.arrive(
      a,
      said(ann, [blockFor(a, { lost: 40, fractionLost: 64, jitterTicks: 160, lastSr, delaySinceLastSr })]),
      ann,
    );
    const stats = a.stats();
    expect(stats.roundTripMs).toBeCloseTo(80, 0);
    expect(stats.txLost).toBe(40);
    expect(stats.txJitterMs).toBe(20);
    expect(stats.txMos).toBeGreaterThan(2);
    expect(stats.txMos).toBeLessThan(4);
  });

  test("strangers are not listened to, and what cannot be read is dropped; both are counted", () => {
    const { rig, a, ann } = talking();
    rig.arrive(a, ann.audio(VOICE), ann);
    const report = said(ann, [blockFor(a, { lost: 7 })]);
    rig.arrive(a, report, { address: "203.0.113.66", udpPort: 10_000 });
    rig.arrive(a, report, { address: "198.51.100.1", udpPort: 10_009 });
    // Cut after its RR of 32 bytes it is a smaller whole (RFC 5506).
    for (let size = 8; size < report.length; size++) if (size !== 32) rig.arrive(a, report.subarray(0, size), ann);
    expect(a.stats().txLost).toBeUndefined();
    expect(rig.graph.wire.counters.rtcpForeign).toBe(2);
    expect(rig.graph.wire.counters.rtcpMalformed).toBeGreaterThan(40);
    rig.arrive(a, report, ann);
    expect(a.stats().txLost).toBe(7);
  });
});

describe("what is wrong with the media", () => {
  const reasons = (rig: Rig): Set<string> =>
    new Set(rig.events.flatMap((event) => (event.type === "mediaWarning" ? [`${event.leg} ${event.reason}`] : [])));

  test("nothing, while both speak and hear", () => {
    const { rig, a, b, ann, bob } = talking();
    for (let i = 0; i < 1500; i++) {
      rig.arrive(a, ann.audio(VOICE), ann);
      rig.arrive(b, bob.audio(VOICE), bob);
      rig.run(20);
    }
    expect([...reasons(rig)]).toEqual([]);
    expect(a.stats().rxMos).toBeGreaterThan(4.3);
  });

  test("no_rtp: a far end that never sends", () => {
    const { rig, a, ann } = talking();
    rig.speak(
      a,
      ann,
      Array.from({ length: 700 }, () => VOICE),
    );
    expect([...reasons(rig)]).toEqual(["b no_rtp"]);
  });

  test("one_way: a far end that falls silent while it is sent to, or that reports hearing nothing", () => {
    const { rig, a, b, ann, bob } = talking();
    for (let i = 0; i < 2000; i++) {
      rig.arrive(a, ann.audio(VOICE), ann);
      if (i < 500) rig.arrive(b, bob.audio(VOICE), bob);
      rig.run(20);
    }
    expect(reasons(rig)).toContain("b one_way");
    const deaf = talking();
    for (let i = 0; i < 1000; i++) {
      deaf.rig.arrive(deaf.a, deaf.ann.audio(VOICE), deaf.ann);
      deaf.rig.arrive(deaf.b, deaf.bob.audio(VOICE), deaf.bob);
      if (i % 250 === 249) deaf.rig.arrive(deaf.b, said(deaf.bob, []), deaf.bob);
      deaf.rig.run(20);
    }
    expect([...reasons(deaf.rig)]).toEqual(["b one_way"]);
  });

  test("low_mos: a third of the packets lost; wrong_source: somebody else sends", () => {
    const { rig, a, b, ann, bob } = talking();
    const eve = new FarEnd(6666, "203.0.113.66");
    for (let i = 0; i < 1000; i++) {
      const packet = ann.audio(VOICE);
      if (i % 3 !== 0) rig.arrive(a, packet, ann);
      rig.arrive(b, bob.audio(VOICE), bob);
      rig.arrive(b, eve.audio(VOICE), eve);
      rig.run(20);
    }
    expect(reasons(rig)).toEqual(new Set(["a low_mos", "b wrong_source"]));
  });
});
