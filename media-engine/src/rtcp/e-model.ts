/**
 * The quality of a call in one number, as a planner would foretell it from loss and delay: the E-model, ITU-T G.107 (2015),
 * with everything that we do not measure (levels, echo, noise) at its default. 1 bad – 4.4 as good as narrow band gets.
 */
import type { MediaCodecName } from "../types.ts";

/** G.113 appendix I: impairment of the codec itself, and how well it stands random loss (concealment in use). */
const IMPAIRMENT: Readonly<Record<MediaCodecName, { readonly equipment: number; readonly robustness: number }>> = {
  PCMU: { equipment: 0, robustness: 25.1 },
  PCMA: { equipment: 0, robustness: 25.1 },
  // The scale of narrow band ends at G.711: what sounds better is given no more than that.
  G722: { equipment: 0, robustness: 25.1 },
  OPUS: { equipment: 0, robustness: 25.1 },
  L16: { equipment: 0, robustness: 25.1 },
};

/** Ro − Is with all defaults (G.107 table 2). */
const UNIMPAIRED = 93.2;
/** Delay that nobody notices, ms (§7.4). */
const UNNOTICED_MS = 100;
const WORST_EQUIPMENT = 95;

/** `lossPct`: lost or too late, 0–100. `delayMs`: mouth to ear. Returns 1–4.5. */
export function meanOpinion(codec: MediaCodecName, lossPct: number, delayMs: number): number {
  const { equipment, robustness } = IMPAIRMENT[codec];
  const effective = equipment + (WORST_EQUIPMENT - equipment) * (lossPct / (lossPct + robustness));
  return opinionOf(UNIMPAIRED - delayImpairment(delayMs) - effective);
}

/** Idd of §7.4. */
function delayImpairment(delayMs: number): number {
  if (delayMs <= UNNOTICED_MS) return 0;
  const x = Math.log2(delayMs / UNNOTICED_MS);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** Annex B. */
function opinionOf(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}
