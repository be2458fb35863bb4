/** Which pitches are in a stretch of sound: how tests tell who hears whom. */

/** What a full-scale sine is in dBm0 (ITU-T G.711 §4: +3.17 for µ-law, +3.14 for A-law). */
export const FULL_SCALE_DBM0 = 3.15;

export interface Tone {
  readonly hz: number;
  readonly levelDbm0: number;
}

export interface HeardOptions {
  /** Default 8000. */
  readonly rateHz?: number;
  /** Fainter than this is not heard. Default −45. */
  readonly floorDbm0?: number;
  /** Fainter than the strongest by more than this is not heard. Default 20. */
  readonly rangeDb?: number;
}

/** Level of one pitch over all of `pcm` (Goertzel with a Hann window), dBm0. −Infinity for silence. */
export function toneLevelDbm0(pcm: Int16Array, hz: number, rateHz = 8000): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  let [before, last, weight] = [0, 0, 0];
  for (let i = 0; i < pcm.length; i++) {
    const window = hann(i, pcm.length);
    weight += window;
    const value = pcm[i]! * window + coefficient * last - before;
    before = last;
    last = value;
  }
  const power = Math.max(0, last * last + before * before - coefficient * last * before);
  return dbm0OfAmplitude((2 * Math.sqrt(power)) / weight);
}

/** Which of these pitches are heard, in the order given. */
export function heardAmong(pcm: Int16Array, among: readonly number[], options: HeardOptions = {}): number[] {
  const levels = among.map((hz) => toneLevelDbm0(pcm, hz, options.rateHz));
  const floor = Math.max(options.floorDbm0 ?? -45, Math.max(...levels) - (options.rangeDb ?? 20));
  return among.filter((_, i) => levels[i]! >= floor);
}

/**
 * All pitches that stand out, lowest first, from peaks of the spectrum; good to ±2 Hz from 200 ms of sound on. Within
 * 100 Hz of a tone, only what is nearly as loud counts as another.
 */
export function tonesOf(pcm: Int16Array, options: HeardOptions = {}): Tone[] {
  const rateHz = options.rateHz ?? 8000;
  const { amplitudes, binHz } = spectrum(pcm, rateHz);
  const floor = Math.max(
    options.floorDbm0 ?? -45,
    dbm0OfAmplitude(amplitudes.reduce(louder, 0)) - (options.rangeDb ?? 20),
  );
  const tones: Tone[] = [];
  for (let bin = 2; bin < amplitudes.length - 2; bin++) {
    const here = amplitudes[bin]!;
    if (dbm0OfAmplitude(here) < floor) continue;
    if (here <= amplitudes[bin - 1]! || here < amplitudes[bin + 1]!) continue;
    const hz = (bin + peakOffset(amplitudes, bin)) * binHz;
    tones.push({ hz, levelDbm0: toneLevelDbm0(pcm, hz, rateHz) });
  }
  return tones.filter((tone) => !tones.some((other) => isSideband(tone, other)));
}

/** Lost packets cut a tone into pieces, which smears it to both sides: that is not another tone. */
const SIDEBAND_HZ = 100;
const SIDEBAND_DB = 8;

function isSideband(tone: Tone, of: Tone): boolean {
  return Math.abs(tone.hz - of.hz) < SIDEBAND_HZ && tone.levelDbm0 < of.levelDbm0 - SIDEBAND_DB;
}

/** `tonesOf` as whole multiples of 5 Hz, for tests that name their pitches so. */
export function heardHz(pcm: Int16Array, options: HeardOptions = {}): number[] {
  return [...new Set(tonesOf(pcm, options).map((tone) => Math.round(tone.hz / 5) * 5))];
}

/** Root mean square of `pcm` as the level of a sine of that power, dBm0. */
export function levelDbm0(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return dbm0OfAmplitude(pcm.length === 0 ? 0 : Math.sqrt((2 * sum) / pcm.length));
}

export function dbm0OfAmplitude(amplitude: number): number {
  return 20 * Math.log10(amplitude / 32_768) + FULL_SCALE_DBM0;
}

export function amplitudeOfDbm0(levelDbm0: number): number {
  return 32_768 * 10 ** ((levelDbm0 - FULL_SCALE_DBM0) / 20);
}

/** A sine of `durationMs`, starting at phase 0. */
export function makeTone(
  hz: number,
  durationMs: number,
  options: { levelDbm0?: number; rateHz?: number } = {},
): Int16Array {
  const rateHz = options.rateHz ?? 8000;
  const amplitude = amplitudeOfDbm0(options.levelDbm0 ?? -10);
  const pcm = new Int16Array(Math.round((durationMs * rateHz) / 1000));
  for (let i = 0; i < pcm.length; i++) pcm[i] = Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz));
  return pcm;
}

function hann(at: number, length: number): number {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / length);
}

function louder(a: number, b: number): number {
  return Math.max(a, b);
}

/** A parabola through the logarithms of a peak and its neighbours: where between the bins the top is. */
function peakOffset(amplitudes: Float64Array, bin: number): number {
  const [left, mid, right] = [bin - 1, bin, bin + 1].map((at) => Math.log(amplitudes[at]! + 1e-12)) as [
    number,
    number,
    number,
  ];
  const curve = left - 2 * mid + right;
  return curve === 0 ? 0 : (left - right) / (2 * curve);
}

/** Amplitude of each frequency: Hann window, zero padding to twice the next power of two, radix-2 FFT. */
function spectrum(pcm: Int16Array, rateHz: number): { amplitudes: Float64Array; binHz: number } {
  let size = 256;
  while (size < pcm.length) size *= 2;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  let weight = 0;
  for (let i = 0; i < pcm.length; i++) {
    const window = hann(i, pcm.length);
    weight += window;
    re[i] = pcm[i]! * window;
  }
  transform(re, im);
  const amplitudes = new Float64Array(size / 2);
  for (let i = 0; i < amplitudes.length; i++) {
    amplitudes[i] = (2 * Math.hypot(re[i]!, im[i]!)) / Math.max(weight, 1);
  }
  return { amplitudes, binHz: rateHz / size };
}

/** In-place radix-2 FFT. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const angle = (-Math.PI * k) / half;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let i = k; i < size; i += 2 * half) butterfly(re, im, [i, i + half], [cos, sin]);
    }
  }
}

function butterfly(
  re: Float64Array,
  im: Float64Array,
  [a, b]: readonly [number, number],
  [cos, sin]: readonly [number, number],
): void {
  const x = re[b]! * cos - im[b]! * sin;
  const y = re[b]! * sin + im[b]! * cos;
  re[b] = re[a]! - x;
  im[b] = im[a]! - y;
  re[a] = re[a]! + x;
  im[a] = im[a]! + y;
}
