import { describe, expect, test } from "vitest";
import { seeded, shareOf, signalToNoiseDb, sine, voice } from "../../test/sound.ts";
import { loadLibopus } from "../io/libopus.ts";
import { AudioReceiver } from "../jitter/audio-receiver.ts";
import { codecCases } from "./codec.cases.ts";
import { makeOpus } from "./opus.ts";
import { readOpusFmtp, takesAnyOpus } from "./opus-fmtp.ts";

const lib = loadLibopus();

describe.skipIf(lib === undefined)("with libopus", () => {
  if (lib === undefined) return;
  const opus = makeOpus(lib);
  const packet = new Uint8Array(1500);

  codecCases(opus, { leastSnrDb: 5 });
  codecCases(opus, { leastSnrDb: 5, rateHz: 16_000 });
  codecCases(opus, { leastSnrDb: 5, rateHz: 8000 });

  test.each([
    [8000, 48_000],
    [48_000, 8000],
    [16_000, 48_000],
  ])("what is encoded at %i Hz is heard at %i Hz", (fromHz, toHz) => {
    const encoder = opus.makeEncoder({ rateHz: fromHz });
    const decoder = opus.makeDecoder({ rateHz: toHz });
    const pcm = sine(1000, fromHz, 8000, fromHz);
    const heard = new Int16Array(toHz);
    const step = fromHz / 50;
    for (let i = 0; i < 50; i++) {
      const size = encoder.encode(pcm.subarray(i * step, (i + 1) * step), 0, packet);
      expect(decoder.decode(packet, 0, size, heard.subarray((i * toHz) / 50))).toBe(toHz / 50);
    }
    expect(shareOf(heard.subarray(toHz / 5), 1000, toHz)).toBeGreaterThan(0.98);
  });

  test("a stereo peer is folded to one channel (RFC 7587 §3.4)", () => {
    const state = new Uint8Array(lib.encoderBytes(2));
    lib.encoderInit(state, 48_000, 2, 2049);
    const decoder = opus.makeDecoder();
    const heard = new Int16Array(48_000);
    const left = sine(1000, 48_000, 8000, 48_000);
    for (let i = 0; i < 50; i++) {
      const both = new Int16Array(1920);
      for (let k = 0; k < 960; k++) both[2 * k] = left[960 * i + k]!;
      const size = lib.encode(state, both, 960, packet, 1275);
      expect(decoder.decode(packet, 0, size, heard.subarray(960 * i))).toBe(960);
    }
    expect(shareOf(heard.subarray(9600), 1000, 48_000)).toBeGreaterThan(0.98);
    expect(Math.max(...heard.subarray(9600, 19_200))).toBeGreaterThan(3500);
  });

  /** Vowels of 40 ms, now this pitch and loudness, now that, which nobody can guess. */
  const jumping = Int16Array.from({ length: 160_000 }, (_, i) => {
    const hop = Math.floor(i / 640);
    const phase = (2 * Math.PI * (90 + ((hop * 37) % 120)) * i) / 16_000;
    let sum = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++) sum += Math.sin(harmonic * phase) / harmonic;
    return hop % 4 === 0 ? 300 * sum : 6000 * sum;
  });

  /** It goes through a receiver that misses the first packet after every fourth jump. SNR of what it made up for them. */
  function madeUpDb(fmtp: string): number {
    const encoder = opus.makeEncoder({ rateHz: 16_000, fmtp });
    const receiver = new AudioReceiver(opus, 16_000);
    const whole = new AudioReceiver(opus, 16_000);
    const [heard, meant] = [new Int16Array(jumping.length), new Int16Array(jumping.length)];
    for (let i = 0; i < 500; i++) {
      const size = encoder.encode(jumping.subarray(320 * i, 320 * (i + 1)), 12, packet);
      const header = { seq: i, rtpTimestamp: 960 * i, ssrc: 1, payloadType: 96, marker: false };
      const frame = { ...header, payloadOffset: 12, payloadSize: size };
      if (i % 8 !== 2) receiver.push(packet, frame);
      whole.push(packet, frame);
      receiver.pull(heard.subarray(320 * i, 320 * (i + 1)));
      whole.pull(meant.subarray(320 * i, 320 * (i + 1)));
    }
    expect(receiver.figures).toMatchObject({ discarded: 0 });
    expect(receiver.figures.concealedFrames).toBeGreaterThan(50);
    return signalToNoiseDb(meant, heard);
  }

  test("a lost packet comes back from the one behind it, else it is guessed (RFC 7587 §4.4)", () => {
    const guessed = madeUpDb("");
    expect(madeUpDb("useinbandfec=1"), `guessed ${guessed}`).toBeGreaterThan(guessed + 1);
  });

  test("with usedtx=1 silence is a packet now and then, without it never less than one", () => {
    const sizes = (fmtp: string): number[] => {
      const encoder = opus.makeEncoder({ rateHz: 16_000, fmtp });
      return Array.from({ length: 100 }, () => encoder.encode(new Int16Array(320), 0, packet));
    };
    expect(sizes("usedtx=1").filter((size) => size <= 2).length).toBeGreaterThan(50);
  });

  test("a limit of the average bitrate is kept", () => {
    const bytesOf = (fmtp: string): number => {
      const encoder = opus.makeEncoder({ rateHz: 16_000, fmtp });
      const pcm = voice(16_000, 16_000);
      let sum = 0;
      for (let i = 0; i < 50; i++) sum += encoder.encode(pcm.subarray(320 * i, 320 * (i + 1)), 0, packet);
      return sum;
    };
    expect(bytesOf("maxaveragebitrate=8000") * 8).toBeLessThan(10_000);
    expect(bytesOf("") * 8).toBeGreaterThan(14_000);
  });

  test("fuzz: ten thousand payloads of anything decode to nothing worse than noise", () => {
    const random = seeded(3);
    const decoder = opus.makeDecoder({ rateHz: 8000 });
    const out = new Int16Array(960);
    for (let i = 0; i < 10_000; i++) {
      const size = Math.floor(random() * 200);
      for (let k = 0; k < size; k++) packet[k] = random() * 256;
      const made =
        i % 3 === 0 ? decoder.conceal?.(packet, 0, size, { samples: 160, out }) : decoder.decode(packet, 0, size, out);
      expect(made).toBeGreaterThanOrEqual(0);
      expect(made).toBeLessThanOrEqual(960);
    }
  });
});

describe("fmtp (RFC 7587 §6.1)", () => {
  test("is read as said, in any order and case", () => {
    expect(readOpusFmtp("minptime=10; useinbandfec=1;MaxAverageBitrate=20000; usedtx=1;cbr=0")).toEqual({
      maxAverageBitrate: 20_000,
      cbr: false,
      inbandFec: true,
      dtx: true,
    });
  });

  test("what is not said or cannot be read asks for nothing", () => {
    const nothing = { maxAverageBitrate: undefined, cbr: false, inbandFec: false, dtx: false };
    for (const fmtp of ["", ";;;", "maxaveragebitrate=x", "maxaveragebitrate=-1", "=", "useinbandfec"])
      expect(readOpusFmtp(fmtp)).toEqual(nothing);
  });

  test("a bitrate out of range is brought to its bound", () => {
    expect(readOpusFmtp("maxaveragebitrate=1").maxAverageBitrate).toBe(6000);
    expect(readOpusFmtp("maxaveragebitrate=1e9").maxAverageBitrate).toBe(510_000);
  });

  test("a stream made for somebody else fits whoever asks for no limit", () => {
    expect(takesAnyOpus("minptime=10;useinbandfec=1;stereo=0")).toBe(true);
    expect(takesAnyOpus("maxaveragebitrate=16000")).toBe(false);
    expect(takesAnyOpus("cbr=1")).toBe(false);
  });
});
