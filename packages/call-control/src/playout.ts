/** Prompts on legs: asked for in order, told when they start and end. */
import { messageOf } from "@voepy/base";
import type { MediaEvent, ToneSpec } from "@voepy/media-engine";
import type { Leg } from "./leg/leg.ts";
import type { World } from "./world.ts";

export interface UrlPrompt {
  readonly url: string;
  /** 1–100, 0: endless. */
  readonly loop: number;
  /** It could not be fetched or decoded; after its event. */
  readonly onFailed?: (prompt: string) => void;
}

/** Fetches and queues a prompt behind what the leg already has; failures are told as `call.playback_ended`. */
export function playUrl(world: World, leg: Leg, { url, loop, onFailed }: UrlPrompt): string {
  const prompt = world.makeId("play");
  leg.call.prompts.set(prompt, leg);
  const key = world.prompts.prepare(url);
  leg.playoutOrder = leg.playoutOrder.then(async () => {
    try {
      const prepared = await key;
      // Stopped or hung up while it was fetched: its end has been told.
      if (leg.call.prompts.has(prompt)) leg.media?.play({ prompt, source: { type: "audio", key: prepared }, loop });
    } catch (thrown) {
      if (!leg.call.prompts.delete(prompt)) return;
      const error = messageOf(thrown);
      world.log.warn("prompt cannot be played", { call: leg.call.id, leg: leg.id, why: error });
      leg.call.tell("call.playback_ended", { playback_id: prompt, status: "failed", error }, leg);
      onFailed?.(prompt);
    }
  });
  // The chain above waits for it; without this a failure would also be an unhandled rejection until then.
  key.catch(() => undefined);
  return prompt;
}

/** A tone that no event tells of: ringback, a beep. */
export function playTone(world: World, leg: Leg, tone: ToneSpec): void {
  leg.media?.play({ prompt: world.makeId("play"), source: { type: "tone", tone }, loop: tone.repeat ? 0 : 1 });
}

export function stopPlayback(leg: Leg, which: "current" | "all"): void {
  if (which === "all") {
    // Those still being fetched are not known to the media engine yet.
    leg.media?.stopPlayout("all");
    for (const [prompt, player] of leg.call.prompts) {
      if (player !== leg) continue;
      leg.call.prompts.delete(prompt);
      leg.call.tell("call.playback_ended", { playback_id: prompt, status: "cancelled" }, leg);
    }
    return;
  }
  leg.media?.stopPlayout("current");
}

/** Takes one prompt out of the leg's queue, wherever it stands; told as cancelled. */
export function stopPrompt(leg: Leg, prompt: string): void {
  leg.media?.stopPlayout({ prompt });
  if (!leg.call.prompts.delete(prompt)) return;
  leg.call.tell("call.playback_ended", { playback_id: prompt, status: "cancelled" }, leg);
}

export function onPlayoutStarted(leg: Leg, event: Extract<MediaEvent, { type: "playoutStarted" }>): void {
  if (!leg.call.prompts.has(event.prompt)) return;
  leg.call.tell("call.playback_started", { playback_id: event.prompt }, leg);
}

export function onPlayoutEnded(leg: Leg, event: Extract<MediaEvent, { type: "playoutEnded" }>): void {
  if (!leg.call.prompts.delete(event.prompt)) return;
  const status = event.reason === "closed" ? "call_hangup" : event.reason;
  const error = event.error === undefined ? {} : { error: event.error };
  leg.call.tell("call.playback_ended", { playback_id: event.prompt, status, ...error }, leg);
}

/** What a caller hears while the other side rings: the North American cadence, ITU-T E.180 Supplement 2. */
export const RINGBACK: ToneSpec = {
  segments: [
    { frequenciesHz: [440, 480], levelDbm0: -19, durationMs: 2000 },
    { frequenciesHz: [], levelDbm0: -19, durationMs: 4000 },
  ],
  repeat: true,
};

/** Before a recording that asked for one. */
export const RECORD_BEEP: ToneSpec = {
  segments: [{ frequenciesHz: [1000], levelDbm0: -13, durationMs: 250 }],
  repeat: false,
};
