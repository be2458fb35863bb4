/** Is this the sound that was sent? Lag and likeness by correlation, and where the silence is. */
import { levelDbm0 } from "./tone-id.ts";

export interface Alignment {
  /** `heard` begins this many samples after `reference` does; negative: its beginning is missing. */
  readonly lagSamples: number;
  /** 1: the same shape; 0: nothing in common. */
  readonly correlation: number;
  /** How much louder `heard` is. */
  readonly gainDb: number;
}

/** Where in `heard` the `reference` is found best, among lags of ± `maxLagSamples` (default: anywhere). */
export function alignmentOf(heard: Int16Array, reference: Int16Array, maxLagSamples = heard.length): Alignment {
  const first = -Math.min(maxLagSamples, Math.max(0, reference.length - 1));
  const last = Math.min(maxLagSamples, heard.length - 1);
  // The right lag shares all but what is missing: a few samples that match by chance must not win.
  const leastOverlap = Math.min(heard.length, reference.length) / 2;
  let best: Alignment = { lagSamples: 0, correlation: 0, gainDb: -Infinity };
  for (let lagSamples = first; lagSamples <= last; lagSamples++) {
    const found = compare(heard, reference, lagSamples);
    if (found.overlap >= leastOverlap && found.correlation > best.correlation) {
      best = { lagSamples, correlation: found.correlation, gainDb: found.gainDb };
    }
  }
  return best;
}

export interface Gap {
  readonly startMs: number;
  readonly durationMs: number;
}

/** Stretches of at least `minMs` (default 10) fainter than `belowDbm0` (default −50), measured millisecond by millisecond. */
export function gapsOf(pcm: Int16Array, options: { minMs?: number; belowDbm0?: number; rateHz?: number } = {}): Gap[] {
  const blockSamples = Math.round((options.rateHz ?? 8000) / 1000);
  const below = options.belowDbm0 ?? -50;
  const minMs = options.minMs ?? 10;
  const gaps: Gap[] = [];
  const blocks = Math.floor(pcm.length / blockSamples);
  let startMs = 0;
  for (let ms = 0; ms <= blocks; ms++) {
    const isQuiet = ms < blocks && levelDbm0(pcm.subarray(ms * blockSamples, (ms + 1) * blockSamples)) < below;
    if (isQuiet) continue;
    if (ms - startMs >= minMs) gaps.push({ startMs, durationMs: ms - startMs });
    startMs = ms + 1;
  }
  return gaps;
}

function compare(
  heard: Int16Array,
  reference: Int16Array,
  lag: number,
): { correlation: number; gainDb: number; overlap: number } {
  const from = Math.max(0, lag);
  const to = Math.min(heard.length, reference.length + lag);
  let [cross, heardPower, referencePower] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    const a = heard[i]!;
    const b = reference[i - lag]!;
    cross += a * b;
    heardPower += a * a;
    referencePower += b * b;
  }
  const correlation = cross === 0 ? 0 : cross / Math.sqrt(heardPower * referencePower);
  return { correlation, gainDb: 10 * Math.log10(heardPower / referencePower), overlap: to - from };
}
