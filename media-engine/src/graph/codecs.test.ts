import { describe, expect, test } from "vitest";
import { Rig } from "../../test/rig.ts";
import { shareOf } from "../../test/sound.ts";
import { converse, engineOf, paramsOf, SPOKEN, type Spoken, Talker, tone } from "../../test/talker.ts";
import { setRates } from "./port-audio.ts";

const NAMES = ["PCMU", "PCMA", "G722", "OPUS", "L16/16000", "L16/8000"] as const;
/** What a tone keeps through one codec, dB. */
const SNR_DB = { PCMU: 33, PCMA: 33, G722: 24, OPUS: 10, "L16/16000": 60, "L16/8000": 60 } as const;
const known = NAMES.filter((name) => engineOf(SPOKEN[name]) !== undefined);
const pairs = known.flatMap((a, i) => known.slice(i).map((b) => [a, b] as const));

const [ANN_HZ, BOB_HZ, CAROL_HZ] = [700, 1100, 500];

function party(rig: Rig, name: string, udpPort: number, spoken: Spoken): Talker {
  return new Talker(rig.port(name, paramsOf(spoken, udpPort)), spoken);
}

/** The last second of what was heard, once everything has settled. */
function settled(pcm: Int16Array, rateHz: number): Int16Array {
  return pcm.subarray(Math.max(0, pcm.length - rateHz));
}

function expectTone(pcm: Int16Array, rateHz: number, { hz, leastDb }: { hz: number; leastDb: number }): void {
  const heard = settled(pcm, rateHz);
  expect(heard.length).toBe(rateHz);
  const share = shareOf(heard, hz, rateHz);
  // A whole second holds whole cycles only: all that is not the tone is noise.
  expect(10 * Math.log10(share / Math.max(1e-9, 1 - share)), `${hz} Hz`).toBeGreaterThan(leastDb);
}

describe.each(pairs)("%s with %s", (a, b) => {
  test("each hears the other's tone, whole and on one stream", () => {
    const rig = new Rig();
    const ann = party(rig, "a", 10_000, SPOKEN[a]);
    const bob = party(rig, "b", 20_000, SPOKEN[b]);
    rig.graph.setBridge("bridge", ["a", "b"]);
    converse(
      rig,
      [
        { talker: ann, sound: tone(ANN_HZ) },
        { talker: bob, sound: tone(BOB_HZ) },
      ],
      1800,
    );
    const leastDb = Math.min(SNR_DB[a], SNR_DB[b]) - 4;
    expectTone(bob.heard(rig), bob.codec.sampleRateHz, { hz: ANN_HZ, leastDb });
    expectTone(ann.heard(rig), ann.codec.sampleRateHz, { hz: BOB_HZ, leastDb });
    for (const { port, codec } of [ann, bob]) {
      const sent = rig.sentBy(port);
      for (let i = 10; i < sent.length; i++) {
        expect((sent[i]!.seq - sent[i - 1]!.seq) & 0xffff).toBe(1);
        expect((sent[i]!.rtpTimestamp - sent[i - 1]!.rtpTimestamp) | 0).toBe(codec.rtpClockHz / 50);
      }
    }
  });
});

describe("rates", () => {
  const rateOf = (talker: Talker): number => (talker.port.audio?.rxFrame.length ?? 0) * 50;

  test("a telephone and a wide-band phone meet at 8 kHz, without a conversion", () => {
    const rig = new Rig();
    const ann = party(rig, "a", 10_000, SPOKEN.PCMU);
    const bob = party(rig, "b", 20_000, SPOKEN.G722);
    rig.graph.setBridge("bridge", ["a", "b"]);
    expect([rateOf(ann), rateOf(bob)]).toEqual([8000, 8000]);
    expect(bob.port.audio?.toFar.output).toBe(bob.port.audio?.toFar.input);
  });

  test("the bridge works at the highest rate two members share, and follows who comes and goes", () => {
    const rig = new Rig();
    const [ann, bob, carol] = [
      party(rig, "a", 10_000, SPOKEN.PCMU),
      party(rig, "b", 20_000, SPOKEN.G722),
      party(rig, "c", 30_000, SPOKEN["L16/16000"]),
    ];
    rig.graph.setBridge("bridge", ["a", "b"]);
    rig.graph.setBridge("bridge", ["a", "b", "c"]);
    expect([ann, bob, carol].map(rateOf)).toEqual([16_000, 16_000, 16_000]);
    expect(ann.port.audio?.toFar.output.length).toBe(160);
    rig.graph.setBridge("bridge", ["a", "b"]);
    expect([ann, bob].map(rateOf)).toEqual([8000, 8000]);
  });

  test("three of three rates hear the two others each, before, while and after one of them is there", () => {
    const rig = new Rig();
    const third = known.includes("OPUS") ? SPOKEN.OPUS : SPOKEN["L16/16000"];
    const ann = party(rig, "a", 10_000, SPOKEN.PCMU);
    const bob = party(rig, "b", 20_000, SPOKEN.G722);
    const carol = party(rig, "c", 30_000, third);
    const all = [
      { talker: ann, sound: tone(ANN_HZ, 4000) },
      { talker: bob, sound: tone(BOB_HZ, 4000) },
      { talker: carol, sound: tone(CAROL_HZ, 4000) },
    ];
    rig.graph.setBridge("bridge", ["a", "b"]);
    converse(rig, all, 1500);
    expectTone(ann.heard(rig), 8000, { hz: BOB_HZ, leastDb: 18 });
    rig.graph.setBridge("bridge", ["a", "b", "c"]);
    converse(rig, all, 1500);
    for (const [talker, own, others] of [
      [ann, ANN_HZ, [BOB_HZ, CAROL_HZ]],
      [bob, BOB_HZ, [ANN_HZ, CAROL_HZ]],
      [carol, CAROL_HZ, [ANN_HZ, BOB_HZ]],
    ] as const) {
      const rateHz = talker.codec.sampleRateHz;
      const heard = settled(talker.heard(rig), rateHz);
      for (const hz of others) expect(shareOf(heard, hz, rateHz), `${own} hears ${hz}`).toBeGreaterThan(0.35);
      expect(shareOf(heard, own, rateHz)).toBeLessThan(0.02);
    }
    rig.graph.setBridge("bridge", ["a", "b"]);
    converse(rig, all, 1500);
    expectTone(bob.heard(rig), 16_000, { hz: ANN_HZ, leastDb: 18 });
  });

  test("a tone of our own is heard at its pitch by every codec, alone and over a call", () => {
    for (const name of known) {
      const rig = new Rig();
      const ann = party(rig, "a", 10_000, SPOKEN[name]);
      const source = {
        type: "tone",
        tone: { segments: [{ frequenciesHz: [CAROL_HZ], levelDbm0: -10, durationMs: 1500 }], repeat: false },
      } as const;
      ann.port.playout.enqueue({ prompt: "p", source, loop: 1 });
      rig.graph.reroute(ann.port);
      rig.run(1490);
      const rateHz = ann.codec.sampleRateHz;
      expect(shareOf(settled(ann.heard(rig), rateHz), CAROL_HZ, rateHz), name).toBeGreaterThan(0.95);
    }
  });

  test("setting the same rates again allocates nothing", () => {
    const rig = new Rig();
    const { audio } = party(rig, "a", 10_000, SPOKEN.G722).port;
    if (audio === undefined) throw new Error("no audio");
    const before = { ...audio, input: audio.toFar.input };
    setRates(audio, { bridgeHz: 8000, codecHz: 8000 });
    expect({ ...audio, input: audio.toFar.input }).toEqual(before);
    expect(audio.rxFrame).toBe(before.rxFrame);
  });
});

describe("packet times", () => {
  test.each([10, 30, 40, 60])("%i ms come and 20 ms go, and the other way round", (packetMs) => {
    for (const name of known) {
      const rig = new Rig();
      const annPort = rig.port("a", paramsOf(SPOKEN[name], 10_000, { ptimeMs: packetMs }));
      const possible = engineOf(SPOKEN[name])?.packetTimesMs;
      const agreedMs = possible?.findLast((each) => each <= packetMs) ?? packetMs;
      const ann = new Talker(annPort, SPOKEN[name], agreedMs);
      const bob = party(rig, "b", 20_000, SPOKEN.PCMA);
      rig.graph.setBridge("bridge", ["a", "b"]);
      converse(
        rig,
        [
          { talker: ann, sound: tone(ANN_HZ) },
          { talker: bob, sound: tone(BOB_HZ) },
        ],
        2400,
      );
      const leastDb = Math.min(SNR_DB[name], 33) - 4;
      expectTone(bob.heard(rig), 8000, { hz: ANN_HZ, leastDb });
      expectTone(ann.heard(rig), ann.codec.sampleRateHz, { hz: BOB_HZ, leastDb });
      const [last, before] = [rig.sentBy(annPort).at(-1)!, rig.sentBy(annPort).at(-2)!];
      expect((last.rtpTimestamp - before.rtpTimestamp) | 0, name).toBe((ann.codec.rtpClockHz * agreedMs) / 1000);
    }
  });
});

describe("a far end that changes its codec", () => {
  test("to another of the answer is understood from the first packet on, and never passed on as what it is not", () => {
    const rig = new Rig();
    const alsoReceives = [{ codec: "G722", rxPayloadType: 9, rtpClockHz: 8000 }] as const;
    const ann = new Talker(rig.port("a", paramsOf(SPOKEN.PCMU, 10_000, { alsoReceives })), SPOKEN.PCMU);
    const bob = party(rig, "b", 20_000, SPOKEN.PCMU);
    rig.graph.setBridge("bridge", ["a", "b"]);
    converse(rig, [{ talker: ann, sound: tone(ANN_HZ) }], 500);
    expect(bob.port.path).toBe("relay");
    ann.change(SPOKEN.G722);
    converse(rig, [{ talker: ann, sound: tone(ANN_HZ) }], 1500);
    expect(bob.port.path).toBe("frames");
    expectTone(bob.heard(rig), 8000, { hz: ANN_HZ, leastDb: 20 });
    ann.change(SPOKEN.PCMU);
    converse(rig, [{ talker: ann, sound: tone(ANN_HZ) }], 1500);
    expect(bob.port.path).toBe("relay");
    expectTone(bob.heard(rig), 8000, { hz: ANN_HZ, leastDb: 29 });
    expect(ann.port.rxUnfit).toBe(0);
  });

  test("to what was never agreed is not heard", () => {
    const rig = new Rig();
    const ann = party(rig, "a", 10_000, SPOKEN.PCMU);
    ann.change(SPOKEN.G722);
    converse(rig, [{ talker: ann, sound: tone(ANN_HZ) }], 100);
    expect(ann.port.rxUnfit).toBe(5);
  });

  test.each([
    ["PCMU", "G722"],
    ["G722", "PCMA"],
    ["PCMU", "OPUS"],
    ["OPUS", "G722"],
  ] as const)("by a new offer, from %s to %s, goes on as one stream without a gap", (from, to) => {
    if (!known.includes(from) || !known.includes(to)) return;
    const rig = new Rig();
    const ann = party(rig, "a", 10_000, SPOKEN[from]);
    const bob = party(rig, "b", 20_000, SPOKEN.PCMA);
    rig.graph.setBridge("bridge", ["a", "b"]);
    const all = [
      { talker: ann, sound: tone(ANN_HZ) },
      { talker: bob, sound: tone(BOB_HZ) },
    ];
    converse(rig, all, 1000);
    const before = rig.sentBy(ann.port).length;
    rig.graph.setParams(ann.port, paramsOf(SPOKEN[to], 10_000));
    // What was on its way before the far end knew.
    converse(rig, all, 40);
    ann.change(SPOKEN[to]);
    converse(rig, all, 1500);
    const sent = rig.sentBy(ann.port);
    expect(new Set(sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    for (let i = 1; i < sent.length; i++) {
      expect((sent[i]!.seq - sent[i - 1]!.seq) & 0xffff).toBe(1);
      expect((sent[i]!.rtpTimestamp - sent[i - 1]!.rtpTimestamp) | 0).toBeGreaterThan(0);
      expect(sent[i]!.atMs - sent[i - 1]!.atMs).toBeLessThanOrEqual(60);
    }
    expect(sent[before]?.payloadType).toBe(SPOKEN[to].payloadType);
    expectTone(ann.heard(rig, before), ann.codec.sampleRateHz, { hz: BOB_HZ, leastDb: SNR_DB[to] - 14 });
    expectTone(bob.heard(rig), 8000, { hz: ANN_HZ, leastDb: Math.min(SNR_DB[to], 33) - 4 });
    expect(ann.port.rxUnfit).toBe(0);
    const silent = rig
      .sentBy(bob.port)
      .slice(40)
      .filter(({ payload }) => payload.every((code) => code === payload[0]));
    expect(silent.length).toBeLessThanOrEqual(3);
  });
});
