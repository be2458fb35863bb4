import { z } from "zod";
import { everyAction } from "../schema/fields.ts";
import { streamWish } from "../schema/stream.ts";
import { streamSpec } from "../stream/spec.ts";
import { startStream } from "../stream/streaming.ts";
import { ANSWERED, defineVerb } from "./verb.ts";

/** streaming_start: the call's audio to a WebSocket, and back when it is bidirectional; events tell how it goes. */
export const streamingStart = defineVerb({
  name: "streaming_start",
  summary: "Stream the call's audio to a WebSocket",
  from: ANSWERED,
  body: z.strictObject({ ...streamWish.shape, ...everyAction }),
  run({ world, call }, body) {
    startStream(world, call.primary, streamSpec(world, body));
  },
});
