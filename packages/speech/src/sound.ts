/** Mono 16-bit sound and the WAV files it travels in. */
import type { Sound } from "./types.ts";

const HEADER_BYTES = 44;

/** RIFF WAVE, PCM, little-endian. */
export function makeWav({ pcm, sampleRateHz }: Sound): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + pcm.length * 2);
  const view = new DataView(bytes.buffer);
  const word = (at: number, letters: string): void => bytes.set(Buffer.from(letters, "latin1"), at);
  word(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, pcm.length * 2, true);
  for (let i = 0; i < pcm.length; i++) view.setInt16(HEADER_BYTES + i * 2, pcm[i]!, true);
  return bytes;
}

/**
 * Mono 16-bit PCM out of a WAV file. Streamed files name no true size: what is there counts. Throws an Error that says
 * what is wrong.
 */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): string => Buffer.from(bytes.subarray(at, at + 4)).toString("latin1");
  if (bytes.length < 12 || word(0) !== "RIFF" || word(8) !== "WAVE") throw new Error("this is no WAV file");
  let sampleRateHz = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (word(at) === "fmt " && from + 16 <= bytes.length) {
      const [tag, channels, bits] = [
        view.getUint16(from, true),
        view.getUint16(from + 2, true),
        view.getUint16(from + 14, true),
      ];
      if (tag !== 1 || channels !== 1 || bits !== 16) throw new Error("this WAV file is not mono PCM of 16 bits");
      sampleRateHz = view.getUint32(from + 4, true);
    }
    if (word(at) === "data") {
      if (sampleRateHz === 0) throw new Error("this WAV file has no format");
      return { sampleRateHz, pcm: pcmOf(bytes.subarray(from, Math.min(from + size, bytes.length))) };
    }
    at = from + size + (size % 2);
  }
  throw new Error("there is no sound in this WAV file");
}

/** Little-endian 16-bit samples, copied. An odd last byte is left out. */
export function pcmOf(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pcm = new Int16Array(bytes.length >> 1);
  for (let i = 0; i < pcm.length; i++) pcm[i] = view.getInt16(i * 2, true);
  return pcm;
}

/** One after the other, at the rate of what is to be heard: parts of one voice have one, silence has any. */
export function joinSounds(sounds: readonly Sound[]): Sound {
  const heard = sounds.filter(({ pcm }) => pcm.some((sample) => sample !== 0));
  const sampleRateHz = heard[0]?.sampleRateHz ?? sounds[0]?.sampleRateHz ?? 8000;
  const odd = heard.find((sound) => sound.sampleRateHz !== sampleRateHz);
  if (odd !== undefined) throw new Error(`sounds of ${sampleRateHz} and ${odd.sampleRateHz} Hz cannot be joined`);
  const fitting = sounds.map((sound) =>
    sound.sampleRateHz === sampleRateHz ? sound : silence((sound.pcm.length * 1000) / sound.sampleRateHz, sampleRateHz),
  );
  const pcm = new Int16Array(fitting.reduce((sum, sound) => sum + sound.pcm.length, 0));
  let at = 0;
  for (const sound of fitting) {
    pcm.set(sound.pcm, at);
    at += sound.pcm.length;
  }
  return { sampleRateHz, pcm };
}

/** The sound and `ms` of silence after it. */
export function withPause(sound: Sound, ms: number): Sound {
  if (ms === 0) return sound;
  return joinSounds([sound, silence(ms, sound.sampleRateHz)]);
}

export function silence(ms: number, sampleRateHz: number): Sound {
  return { sampleRateHz, pcm: new Int16Array(Math.round((ms * sampleRateHz) / 1000)) };
}

/** An amplitude nobody hears on a telephone, and what is left of silence before the first word, ms. */
const QUIET = 100;
const LEAD_MS = 10;

/** Silence before the first word is moved behind the last: sound begins when it is asked for, and pauses stay as long. */
export function beginsAtOnce({ sampleRateHz, pcm }: Sound): Sound {
  const first = pcm.findIndex((sample) => Math.abs(sample) > QUIET);
  const lead = first - Math.round((LEAD_MS * sampleRateHz) / 1000);
  if (lead <= 0) return { sampleRateHz, pcm };
  const moved = new Int16Array(pcm.length);
  moved.set(pcm.subarray(lead));
  return { sampleRateHz, pcm: moved };
}
