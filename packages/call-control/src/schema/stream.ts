/** The fork of a call's audio to a WebSocket, the same wherever it can be asked for. */
import type { StreamWish } from "@voepy/store";
import { z } from "zod";

const codec = z.enum(["PCMU", "PCMA", "G722", "OPUS", "L16"]);
const samplingRate = z.literal([8000, 16_000, 24_000, 48_000]);
const name = z.string().min(1).max(128);
const value = z.string().max(2048);

/** An object, or a list of name and value pairs. */
const customParameters = z
  .union([
    z.record(name, value),
    z
      .array(z.strictObject({ name, value }))
      .transform((list) => Object.fromEntries(list.map((pair) => [pair.name, pair.value]))),
  ])
  .refine((parameters) => Object.keys(parameters).length <= 64, "must hold at most 64 parameters")
  .meta({ description: "Told to the far end in its first words" });

/** Whether it may be connected to is decided where it is: 422, not 400. */
const streamUrl = z
  .string()
  .min(1)
  .max(2048)
  .meta({ examples: ["wss://media.yourapp.com/voepy"] });

export const streamFields = {
  stream_url: streamUrl.optional(),
  stream_track: z.enum(["inbound_track", "outbound_track", "both_tracks"]).optional(),
  stream_codec: codec.optional(),
  stream_sampling_rate: samplingRate.optional(),
  stream_l16_byte_order: z.enum(["le", "be"]).optional(),
  stream_protocol: z.enum(["telnyx", "twilio", "jambonz", "raw"]).optional(),
  stream_bidirectional_mode: z.enum(["off", "rtp", "mp3"]).optional(),
  stream_bidirectional_codec: codec.optional(),
  stream_bidirectional_sampling_rate: samplingRate.optional(),
  stream_bidirectional_target_legs: z.enum(["self", "opposite", "both"]).optional(),
  stream_auth_token: z
    .string()
    .max(4000)
    .regex(/^[\x21-\x7e]*$/, "must be visible ASCII")
    .optional(),
  custom_parameters: customParameters.optional(),
  on_stream_close: z.enum(["continue", "hangup"]).optional(),
};

/** Of a request that is about nothing else. */
export const streamWish = z.strictObject({ ...streamFields, stream_url: streamUrl }) satisfies z.ZodType<StreamWish>;

/** Undefined for a body that asks for no fork. */
export function streamWishOf(
  body: Omit<StreamWish, "stream_url"> & { readonly stream_url?: string | undefined },
): StreamWish | undefined {
  return body.stream_url === undefined ? undefined : { ...body, stream_url: body.stream_url };
}
