/** What is to be said, and by which voice. */
import type { Speech, Synthesizer } from "@voepy/speech";
import { z } from "zod";

/** SPEC 4 and the reference: a payload is bounded. Characters as JavaScript counts them. */
export const MOST_SPEECH_CHARS = 3000;

export const spokenText = z.string().min(1).max(MOST_SPEECH_CHARS);

export const voiceFields = {
  voice: z
    .string()
    .min(1)
    .max(128)
    .meta({ description: "As GET /v1/voices names it, a Polly voice, or female or male", examples: ["Polly.Joanna"] }),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}$/, "must be a language tag such as en-US")
    .optional()
    .meta({ description: "BCP 47; a Polly voice has its own", examples: ["en-US"] }),
  payload_type: z
    .enum(["text", "ssml"])
    .optional()
    .meta({ description: "Default: ssml for a payload that begins with <speak>, else text" }),
};

interface VoiceBody {
  readonly voice: string;
  readonly language?: string | undefined;
  readonly payload_type?: "text" | "ssml" | undefined;
}

/** What a `speak` says besides where and how often. */
export const speakFields = { payload: spokenText, ...voiceFields };

export interface SpeakBody extends VoiceBody {
  readonly payload: string;
}

/** Throws CodedError `invalid_request` for SSML that is broken and `voice_not_available`. */
export function speechOf(synthesizer: Synthesizer, payload: string, body: VoiceBody): Speech {
  const payloadType = body.payload_type ?? (/^\s*(?:<\?xml[^>]*>\s*)?<speak\b/.test(payload) ? "ssml" : "text");
  return synthesizer.prepare({ payload, payloadType, voice: body.voice, language: body.language });
}
