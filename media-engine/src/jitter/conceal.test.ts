import { describe, expect, test } from "vitest";
import { hasFixtures, readRtp } from "../../test/pcap.ts";
import { seeded, shareOf, signalToNoiseDb, sine, voice } from "../../test/sound.ts";
import { pcma } from "../codec/pcma.ts";
import { energy } from "../dsp/energy.ts";
import { goertzelPower } from "../dsp/goertzel.ts";
import { Concealer, findPitch } from "./conceal.ts";

const FRAME = 160;

/** Plays `meant` with the frames in `lost` missing: concealed, or silent. */
function play(meant: Int16Array, lost: ReadonlySet<number>, isConcealed: boolean): Int16Array {
  const concealer = new Concealer(8000);
  const heard = meant.slice();
  for (let frame = 0; frame * FRAME < heard.length; frame++) {
    const [from, to] = [frame * FRAME, (frame + 1) * FRAME];
    if (!lost.has(frame)) {
      if (isConcealed) concealer.good(from, to, heard);
    } else if (isConcealed) concealer.conceal(from, to, heard);
    else heard.fill(0, from, to);
  }
  return heard;
}

test("on a voice with 5 % of its frames lost, concealment is nearer to what was said than silence", () => {
  const meant = voice(80_000);
  const next = seeded(7);
  const lost = new Set(Array.from({ length: 500 }, (_, i) => i).filter((i) => i > 5 && next() < 0.05));
  const concealed = signalToNoiseDb(meant, play(meant, lost, true));
  const silent = signalToNoiseDb(meant, play(meant, lost, false));
  expect(lost.size).toBeGreaterThan(15);
  expect(concealed).toBeGreaterThan(silent + 6);
});

test("a steady tone goes on through a lost frame as if nothing was", () => {
  const heard = play(sine(200, 8000), new Set([20]), true);
  expect(shareOf(heard.subarray(20 * FRAME, 21 * FRAME), 200)).toBeGreaterThan(0.95);
});

test("nothing is heard after 60 ms of loss (G.711 Appendix I)", () => {
  const heard = play(sine(200, 4000), new Set([10, 11, 12, 13, 14]), true);
  const loud = (frame: number): number => energy(heard, frame * FRAME, (frame + 1) * FRAME);
  expect(loud(10)).toBeGreaterThan(loud(11));
  expect(loud(11)).toBeGreaterThan(loud(12));
  expect([loud(13), loud(14)]).toEqual([0, 0]);
});

test("there is no step in the sound, neither into a loss nor out of it", () => {
  const meant = voice(8000);
  const heard = play(meant, new Set([15, 16, 30]), true);
  const steepest = (pcm: Int16Array): number =>
    pcm.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (pcm[i - 1] ?? sample))), 0);
  expect(steepest(heard)).toBeLessThan(1.3 * steepest(meant));
});

test("silence before a loss stays silence", () => {
  const heard = play(new Int16Array(1600), new Set([4, 5]), true);
  expect(energy(heard, 0, heard.length)).toBe(0);
});

test("the pitch of a voice is found", () => {
  const pulses = Int16Array.from({ length: 400 }, (_, i) => (i % 64 < 8 ? 9000 : -500));
  expect(findPitch(pulses, 400, 8)).toBe(64);
});

describe.skipIf(!hasFixtures)("captured speech", () => {
  test("what is made up is nearer to the lost spectrum than silence is", () => {
    const speech = speechOf("pcap/g711a.pcap");
    const distances = { concealed: 0, silent: 0 };
    for (let frame = 10; (frame + 2) * FRAME < speech.length; frame++) {
      const around = speech.subarray((frame - 6) * FRAME, (frame + 2) * FRAME);
      if (energy(around, 6 * FRAME, 7 * FRAME) < 10_000) continue;
      const meant = spectrumOf(around);
      distances.concealed += distance(meant, spectrumOf(play(around, new Set([6]), true)));
      distances.silent += distance(meant, spectrumOf(play(around, new Set([6]), false)));
    }
    expect(distances.concealed).toBeLessThan(0.35 * distances.silent);
  });
});

function speechOf(name: string): Int16Array {
  const pcm = new Int16Array(1000);
  const decoder = pcma.makeDecoder();
  return Int16Array.from(
    readRtp(name).flatMap(({ bytes, payloadOffset, payloadSize }) => [
      ...pcm.subarray(0, decoder.decode(bytes, payloadOffset, payloadSize, pcm)),
    ]),
  );
}

/** Level in dB of 15 bands in the frame that was lost. */
function spectrumOf(pcm: Int16Array): number[] {
  return Array.from({ length: 15 }, (_, band) => {
    let power = 0;
    for (let step = 0; step < 5; step++)
      power += goertzelPower(pcm, 250 + 220 * band + 44 * step, 8000, { from: 6 * FRAME, to: 7 * FRAME });
    return 10 * Math.log10(power + 300);
  });
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, level, i) => sum + (level - b[i]!) ** 2, 0) / a.length);
}
