/** Where a far end's sound comes in and goes out: a leg of the media engine, or the lossy echo. */

import { randomHex } from "@voepy/base";
import type { PortParams, ToneSpec } from "@voepy/media-engine";
import type { Impairment } from "./behaviours.ts";
import { LossyEcho } from "./lossy-echo.ts";
import type { World } from "./world.ts";

export interface AudioPort {
  /** Of the engine's leg, for its events; a port without one has none. */
  readonly id: string;
  readonly udpPort: number;
  setParams(params: PortParams): void;
  setEcho(on: boolean): void;
  /** `prompt` comes back in the engine's events. */
  playPrompt(prompt: string, key: string): void;
  playTone(prompt: string, tone: ToneSpec): void;
  press(digits: string): void;
  close(): void;
}

const DIGIT_MS = 100;

export async function openPort(world: World, address: string, impairment: Impairment | undefined): Promise<AudioPort> {
  if (impairment !== undefined) return LossyEcho.open(world, address, impairment);
  const id = `sandbox_${randomHex(world.random, 8)}`;
  const leg = await world.media.openLeg({ leg: id });
  return {
    id,
    udpPort: leg.udpPort,
    setParams: (params) => leg.setParams(params),
    setEcho: (on) => leg.setEcho(on),
    playPrompt: (prompt, key) => leg.play({ prompt, source: { type: "audio", key }, loop: 1 }),
    playTone: (prompt, tone) => leg.play({ prompt, source: { type: "tone", tone }, loop: 1 }),
    press: (digits) => leg.sendDigits(digits, DIGIT_MS),
    close: () => {
      leg.close().catch((problem: unknown) => world.log.warn("sandbox leg did not close", { leg: id, problem }));
    },
  };
}
