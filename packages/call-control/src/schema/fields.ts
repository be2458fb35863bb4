/** Field shapes that several requests share. Wire names, because these are the wire. */
import { z } from "zod";

const E164 = /^\+[1-9][0-9]{1,14}$/;
const SIP_URI = /^sips?:(?:[^@\s<>"]+@)?[A-Za-z0-9.:[\]-]+(?:;[^\s<>"]*)?$/;

/** E.164 with `+`, or a `sip:`/`sips:` URI. */
export const party = z
  .string()
  .max(256)
  .refine((text) => E164.test(text) || SIP_URI.test(text), "must be E.164 (+15125550100) or a sip: URI")
  .meta({ description: "E.164 or a sip:/sips: URI", examples: ["+15125550100"] });

/** http and https; whether its address may be reached is decided where it is fetched. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .max(2048)
  .meta({ examples: ["https://example.com/prompt.wav"] });

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Base64 of at most 4 KiB. */
export const clientState = z
  .string()
  .max(5464)
  .regex(BASE64, "must be base64")
  .meta({ description: "Opaque, base64, at most 4 KiB decoded; echoed on all later events of the call" });

export const commandId = z.string().min(1).max(128).meta({ description: "The same id on the same call is done once" });

/** Only names that cannot disturb the dialog: `X-…` and `User-to-User` (RFC 7433). */
const customHeader = z.strictObject({
  name: z
    .string()
    .max(64)
    .regex(/^(?:[Xx]-[A-Za-z0-9-]+|[Uu]ser-[Tt]o-[Uu]ser)$/, "must be X-… or User-to-User"),
  value: z
    .string()
    .max(1024)
    // oxlint-disable-next-line no-control-regex -- CR, LF and NUL would end or hide a header
    .regex(/^[^\u0000-\u001f\u007f]*$/, "must hold no control characters"),
});
export const customHeaders = z.array(customHeader).max(32);

/** Taken by every POST of a call. */
export const everyAction = {
  client_state: clientState.optional(),
  command_id: commandId.optional(),
};

/** How the callee is told who calls, the same on dial and transfer. */
export const callerFields = {
  from_display_name: z
    .string()
    .max(128)
    // oxlint-disable-next-line no-control-regex -- CR, LF and NUL would end or hide a header
    .regex(/^[^\u0000-\u001f\u007f]*$/, "must hold no control characters")
    .optional(),
  /** `id`: the number is withheld from the callee (RFC 3323). */
  privacy: z.enum(["id", "none"]).default("none"),
};

const RECORD = ["off", "on_answer", "on_ringing", "on_demand"] as const;
/** `record-from-answer` is the same as `on_answer`. */
export const record = z
  .enum([...RECORD, "record-from-answer"])
  .transform((value) => (value === "record-from-answer" ? ("on_answer" as const) : value));
export const recordChannels = z.enum(["single", "dual"]);
export const recordFormat = z.enum(["mp3", "wav"]);

/** How a call is recorded, the same on dial, answer and transfer. */
export const recordFields = {
  record: record.default("off"),
  record_channels: recordChannels.default("single"),
  record_format: recordFormat.default("mp3"),
};

/** A sip_address, digits, an id: the shapes verbs use. */
export const dtmfDigits = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[0-9A-Da-d*#wW]+$/, "must hold only 0-9 A-D * # w W");
export const legId = z.string().regex(/^voepy_leg_[0-9A-Z]{26}$/, "must be a leg id (voepy_leg_…)");
