/** Prompts on legs, files and speech in one queue: asked for in order, told when they start and end. */
import { messageOf } from "@voepy/base";
import type { MediaEvent, ToneSpec } from "@voepy/media-engine";
import type { Speech } from "@voepy/speech";
import type { LiveCall } from "./call/call.ts";
import type { Leg } from "./leg/leg.ts";
import type { World } from "./world.ts";

export type PromptSource =
  | { readonly type: "url"; readonly url: string }
  /** What the tenant uploaded under that name. */
  | { readonly type: "media"; readonly tenantId: string; readonly name: string }
  | { readonly type: "speech"; readonly speech: Speech };

export interface PromptRequest {
  readonly source: PromptSource;
  /** 1–100, 0: endless. */
  readonly loop: number;
  /** It is over, however it ended; after its event. */
  readonly onEnded?: (prompt: string) => void;
}

type PromptEnd = "completed" | "cancelled" | "failed" | "call_hangup";

/** One prompt from its request to its end. Speech reaches the media engine in parts, each as soon as it is made. */
export interface QueuedPrompt {
  readonly leg: Leg;
  readonly kind: "playback" | "speak";
  /** Parts the media engine has and has not ended. */
  readonly playing: Set<string>;
  /** Aborted when it is over: what is still being made is not wanted any more. */
  readonly over: AbortController;
  readonly onEnded: ((prompt: string) => void) | undefined;
  /** The media engine has all of it. */
  isWhole: boolean;
  isStarted: boolean;
}

export function playUrl(world: World, leg: Leg, { url, loop }: { url: string; loop: number }): string {
  return queuePrompt(world, leg, { source: { type: "url", url }, loop });
}

/** Has a prompt made and queues it behind what the leg already has; a failure is told by its `…_ended`. */
export function queuePrompt(world: World, leg: Leg, { source, loop, onEnded }: PromptRequest): string {
  const id = world.makeId("play");
  const kind = source.type === "speech" ? "speak" : "playback";
  const over = new AbortController();
  leg.call.prompts.set(id, { leg, kind, playing: new Set(), over, onEnded, isWhole: false, isStarted: false });
  const sounds = soundsOf(world, source, loop, over.signal);
  // Begun at once, whatever plays before it.
  const first = sounds[0]?.();
  // The chain below waits for it; without this a failure would also be an unhandled rejection until then.
  first?.catch(() => undefined);
  leg.playoutOrder = leg.playoutOrder.then(async () => {
    try {
      for (const [index, sound] of sounds.entries()) {
        const key = await (index === 0 ? first : sound());
        const queued = leg.call.prompts.get(id);
        // Stopped or hung up while it was made: its end has been told.
        if (queued === undefined || key === undefined) return;
        const part = index === 0 ? id : `${id}.${index}`;
        queued.playing.add(part);
        queued.isWhole = index === sounds.length - 1;
        leg.media?.play({ prompt: part, source: { type: "audio", key }, loop: sounds.length > 1 ? 1 : loop });
      }
    } catch (thrown) {
      if (!leg.call.prompts.has(id)) return;
      const error = messageOf(thrown);
      world.log.warn("prompt cannot be played", { call: leg.call.id, leg: leg.id, why: error });
      finish(leg.call, id, "failed", error);
    }
  });
  return id;
}

/** Each resolves the media engine's key of what is to be played next. */
function soundsOf(world: World, source: PromptSource, loop: number, signal: AbortSignal): (() => Promise<string>)[] {
  if (source.type === "url") return [() => world.prompts.prepare(source.url)];
  if (source.type === "media") return [() => world.prompts.prepareMedia(source.tenantId, source.name)];
  // What is played over and over has no seams between its parts.
  const parts = loop === 1 ? source.speech.parts : [source.speech.whole];
  return parts.map((part) => () => world.prompts.prepareSpeech(part, signal));
}

/** A tone that no event tells of: ringback, a beep. */
export function playTone(world: World, leg: Leg, tone: ToneSpec): void {
  leg.media?.play({ prompt: world.makeId("play"), source: { type: "tone", tone }, loop: tone.repeat ? 0 : 1 });
}

/** `current`: what plays, or comes next when nothing does. */
export function stopPlayback(leg: Leg, which: "current" | "all"): void {
  const prompts = [...leg.call.prompts].flatMap(([id, prompt]) => (prompt.leg === leg ? [id] : []));
  const [first] = prompts;
  if (which === "current" && first !== undefined) {
    stopPrompt(leg, first);
    return;
  }
  // Tones too, which nobody here keeps.
  leg.media?.stopPlayout(which);
  for (const id of prompts) finish(leg.call, id, "cancelled");
}

/** Takes one prompt out of the leg's queue, wherever it stands; told as cancelled. */
export function stopPrompt(leg: Leg, id: string): void {
  finish(leg.call, id, "cancelled");
}

/** What still played ends with the call. */
export function endPrompts(call: LiveCall): void {
  for (const id of call.prompts.keys()) finish(call, id, "call_hangup");
}

export function onPlayoutStarted(leg: Leg, event: Extract<MediaEvent, { type: "playoutStarted" }>): void {
  const id = promptOf(event.prompt);
  const prompt = leg.call.prompts.get(id);
  if (prompt === undefined || prompt.isStarted) return;
  prompt.isStarted = true;
  if (prompt.kind === "speak") leg.call.tell("call.speak_started", { speak_id: id }, leg);
  else leg.call.tell("call.playback_started", { playback_id: id }, leg);
}

export function onPlayoutEnded(leg: Leg, event: Extract<MediaEvent, { type: "playoutEnded" }>): void {
  const id = promptOf(event.prompt);
  const prompt = leg.call.prompts.get(id);
  if (prompt === undefined) return;
  prompt.playing.delete(event.prompt);
  if (event.reason !== "completed")
    finish(leg.call, id, event.reason === "closed" ? "call_hangup" : event.reason, event.error);
  else if (prompt.isWhole && prompt.playing.size === 0) finish(leg.call, id, "completed");
}

/** Parts of a prompt are told apart by a number behind its id. */
function promptOf(part: string): string {
  return part.split(".")[0] ?? part;
}

/** Once for each prompt: it is forgotten, told, and whatever of it the media engine has is stopped. */
function finish(call: LiveCall, id: string, status: PromptEnd, error?: string): void {
  const prompt = call.prompts.get(id);
  if (prompt === undefined) return;
  call.prompts.delete(id);
  prompt.over.abort();
  const { leg, kind, playing } = prompt;
  // The last first: none of them begins because the one before it ended.
  if (status !== "completed") for (const part of [...playing].reverse()) leg.media?.stopPlayout({ prompt: part });
  const facts = { status, ...(error === undefined ? {} : { error }) };
  if (kind === "speak") call.tell("call.speak_ended", { speak_id: id, ...facts }, leg);
  else call.tell("call.playback_ended", { playback_id: id, ...facts }, leg);
  prompt.onEnded?.(id);
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
