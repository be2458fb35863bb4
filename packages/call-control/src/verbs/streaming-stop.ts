import { z } from "zod";
import { everyAction } from "../schema/fields.ts";
import { stopStreams } from "../stream/streaming.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** streaming_stop: one stream, or all of the call. */
export const streamingStop = defineVerb({
  name: "streaming_stop",
  summary: "Stop one stream, or all of them",
  from: ANSWERED,
  body: z.strictObject({ stream_id: z.string().min(1).max(128).optional(), ...everyAction }),
  run: ({ world, call }, { stream_id }) => stopStreams(world, call, stream_id),
});
