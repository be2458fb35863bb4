import { describe, expect, test } from "vitest";
import { makeRecordingRig } from "../../test/recording-rig.ts";
import { shareOf, sine } from "../../test/sound.ts";
import { engineOf, SPOKEN, type Spoken } from "../../test/talker.ts";
import { energy } from "../dsp/energy.ts";
import { type RecorderTap, recordingRateHz } from "./recorder-tap.ts";

/** Two seconds of a tone in both directions, one packet every 20 ms. */
function converse(tap: RecorderTap, rx: Spoken, tx: Spoken): void {
  const [rxCodec, txCodec] = [engineOf(rx), engineOf(tx)];
  if (rxCodec === undefined || txCodec === undefined) throw new Error("cannot be coded here");
  tap.setCodecs(rxCodec, txCodec);
  const bytes = new Uint8Array(1500);
  const sides = (
    [
      ["rx", rxCodec, 440],
      ["tx", txCodec, 620],
    ] as const
  ).map(([side, codec, hz]) => {
    const rateHz = codec.sampleRateHz;
    return { side, codec, step: rateHz / 50, encoder: codec.makeEncoder(), pcm: sine(hz, 2 * rateHz, 8000, rateHz) };
  });
  for (let i = 0; i < 100; i++) {
    for (const { side, codec, step, encoder, pcm } of sides) {
      const size = encoder.encode(pcm.subarray(i * step, (i + 1) * step), 0, bytes);
      const head = { seq: i, rtpTimestamp: (i * codec.rtpClockHz) / 50, ssrc: 1, payloadType: 0, marker: false };
      const packet = { ...head, payloadOffset: 0, payloadSize: size };
      if (side === "rx") tap.rxPacket(bytes, packet, i * 20);
      else tap.txPacket(bytes, packet, i * 20);
    }
  }
}

const known = Object.entries(SPOKEN).filter(([, spoken]) => engineOf(spoken) !== undefined);

describe.each(known)("%s", (_name, spoken) => {
  test.each([8000, 16_000])("is recorded at %i Hz, gapless and at its pitch", async (rateHz) => {
    const rig = await makeRecordingRig();
    const tap = rig.start({}, 0, rateHz);
    converse(tap, spoken, SPOKEN.PCMA);
    tap.close("stopped", 2000);
    rig.recorder.step(2000);
    const [left, right] = rig.channelsOf();
    for (const [pcm, hz] of [
      [left!, 440],
      [right!, 620],
    ] as const) {
      expect(pcm.length).toBe(2 * rateHz);
      const settled = pcm.subarray(rateHz / 2, rateHz * 1.5);
      expect(shareOf(settled, hz, rateHz)).toBeGreaterThan(0.95);
      expect(energy(settled, 0, settled.length)).toBeGreaterThan(32e6 * 0.7);
    }
    expect(rig.events).toMatchObject([{ durationMs: 2000, sizeBytes: 44 + 8 * rateHz }]);
  });
});

test("a leg that changes its codec goes on in the same file at the same rate", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start({}, 0, 8000);
  const [pcmu, l16] = [engineOf(SPOKEN.PCMU)!, engineOf(SPOKEN["L16/16000"])!];
  const bytes = new Uint8Array(1500);
  let rtpTimestamp = 5000;
  for (let i = 0; i < 100; i++) {
    const codec = i < 50 ? pcmu : l16;
    tap.setCodecs(codec, codec);
    const step = codec.sampleRateHz / 50;
    const pcm = Int16Array.from({ length: step }, (_, k) =>
      Math.round(8000 * Math.sin(2 * Math.PI * 400 * (i / 50 + k / codec.sampleRateHz))),
    );
    const size = codec.makeEncoder().encode(pcm, 0, bytes);
    const head = { seq: i, rtpTimestamp, ssrc: 1, payloadType: 0, marker: false };
    tap.rxPacket(bytes, { ...head, payloadOffset: 0, payloadSize: size }, i * 20);
    rtpTimestamp += codec.rtpClockHz / 50;
  }
  tap.close("stopped", 2000);
  rig.recorder.step(2000);
  const [left] = rig.channelsOf();
  for (const from of [0, 4000, 8100, 12_000 - 100])
    expect(shareOf(left!.subarray(from, from + 4000), 400), `from ${from}`).toBeGreaterThan(0.98);
});

test("an MP3 is made of a wide recording too", async () => {
  const rig = await makeRecordingRig();
  const tap = rig.start({ format: "mp3", path: "/r/a.mp3" }, 0, 16_000);
  converse(tap, SPOKEN.G722, SPOKEN.G722);
  tap.close("stopped", 2000);
  for (let i = 0; i < 5; i++) rig.recorder.step(2000 + i);
  expect(rig.events).toMatchObject([{ type: "recordingClosed", durationMs: 2000 }]);
  expect(rig.files.published.get("/r/a.mp3")?.length).toBeGreaterThan(10_000);
});

test("a narrow leg is recorded at 8 kHz, any other at 16 kHz, one without a codec at 8 kHz", () => {
  expect(recordingRateHz(undefined)).toBe(8000);
  for (const [name, spoken] of known)
    expect(recordingRateHz(engineOf(spoken)), name).toBe(/PCM|\/8000/.test(name) ? 8000 : 16_000);
});
