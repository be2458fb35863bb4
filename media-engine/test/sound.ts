/** Sounds for tests: tones, a voice-like signal, and what is left of them. */
import { energy } from "../src/dsp/energy.ts";
import { goertzelPower } from "../src/dsp/goertzel.ts";

/** A sine of `amplitude`, `samples` long. */
export function sine(frequencyHz: number, samples: number, amplitude = 8000, rateHz = 8000): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / rateHz)),
  );
}

/** Like a vowel: a gliding pitch of about 120 Hz with its harmonics, swelling and fading. */
export function voice(samples: number, rateHz = 8000): Int16Array {
  let phase = 0;
  return Int16Array.from({ length: samples }, (_, sample) => {
    const i = (sample * 8000) / rateHz;
    const loudness = 0.6 + 0.4 * Math.sin(i / 1700);
    let sum = 0;
    for (let harmonic = 1; harmonic <= 12; harmonic++) sum += Math.sin(harmonic * phase) / harmonic;
    phase += (2 * Math.PI * (120 + 25 * Math.sin(i / 3000))) / rateHz;
    return Math.round(5000 * loudness * sum);
  });
}

/** Share of `pcm`'s energy that lies at `frequencyHz`, 0 to 1. */
export function shareOf(pcm: Int16Array, frequencyHz: number, rateHz = 8000): number {
  const all = energy(pcm, 0, pcm.length);
  return all === 0 ? 0 : goertzelPower(pcm, frequencyHz, rateHz, { from: 0, to: pcm.length }) / all;
}

/** Signal to noise, dB: how near `heard` comes to `meant`. */
export function signalToNoiseDb(meant: Int16Array, heard: Int16Array): number {
  const difference = Int16Array.from(meant, (sample, i) =>
    Math.max(-32_768, Math.min(32_767, sample - (heard[i] ?? 0))),
  );
  return 10 * Math.log10(energy(meant, 0, meant.length) / Math.max(1e-9, energy(difference, 0, difference.length)));
}

/** As `signalToNoiseDb`, with `heard` moved and scaled as suits it best: late by up to `mostLate` samples. */
export function alignedSnrDb(meant: Int16Array, heard: Int16Array, mostLate: number): number {
  let best = Number.NEGATIVE_INFINITY;
  const samples = meant.length - mostLate;
  const power = energy(meant, 0, samples);
  for (let late = 0; late <= mostLate; late++) {
    let product = 0;
    for (let i = 0; i < samples; i++) product += meant[i]! * heard[i + late]!;
    const cosine = product / samples / Math.sqrt(Math.max(1, power * energy(heard, late, late + samples)));
    if (cosine > 0) best = Math.max(best, -10 * Math.log10(Math.max(1e-12, 1 - cosine * cosine)));
  }
  return best;
}

/** Whole numbers 0 .. 2^32-1 from a seed, the same each time. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
