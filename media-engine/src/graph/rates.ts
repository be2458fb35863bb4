/**
 * At which rate each port works. Nothing is worked on at a higher rate than somebody can hear:
 *
 *   alone            8 kHz, the rate of all sounds of our own
 *   in a bridge      the highest rate that two of its members have in common: a single wide-band party has nobody
 *                    who could hear or speak more than the others
 *   with a fork      that speaks into it: what the port's codec carries, up to 16 kHz
 *
 * G722 and Opus work at lower rates by themselves, at a fraction of the cost; where a codec cannot, frames are converted.
 */
import { nativeRateHz } from "../codec/packet-decoder.ts";
import { OWN_RATE_HZ } from "../nodes/playout.ts";
import type { Port } from "./port.ts";
import { setRates } from "./port-audio.ts";

/** Allocates where a rate changes. */
export function chooseRates(ports: readonly Port[]): void {
  for (const port of ports) {
    if (port.audio === undefined) continue;
    const bridgeHz = bridgeRateHz(port);
    setRates(port.audio, { bridgeHz, codecHz: nativeRateHz(port.audio.codec, bridgeHz) });
  }
}

/** More than this adds little to speech. */
const WIDE_HZ = 16_000;

function bridgeRateHz(port: Port): number {
  const { bridge } = port;
  let highest = OWN_RATE_HZ;
  let second = OWN_RATE_HZ;
  for (const { audio, talkbacks } of bridge?.members ?? [port]) {
    const rateHz = audio?.codec.sampleRateHz ?? OWN_RATE_HZ;
    if (talkbacks.list.length > 0) second = Math.max(second, Math.min(WIDE_HZ, rateHz));
    second = Math.max(second, Math.min(highest, rateHz));
    highest = Math.max(highest, rateHz);
  }
  return second;
}
