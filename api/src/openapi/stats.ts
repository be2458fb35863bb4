/** Schema of `GET /v1/calls/{id}/stats`. */
import { z } from "zod";

const count = z.int().min(0);
const figure = z.number().nullable();

const legStats = z.object({
  leg_id: z.string(),
  codec: z.string().nullable(),
  path: z.enum(["relay", "frames", "echo", "idle"]),
  describe: z.string().meta({ description: "The audio path in one line" }),
  rtt_ms: figure.meta({ description: "By RTCP; null until the far end has reported" }),
  rx: z.object({
    packets: count,
    bytes: count,
    lost: count,
    discarded: count.meta({ description: "Came too late, twice, or in a codec that was not agreed" }),
    foreign: count.meta({ description: "Of senders other than the leg's far end" }),
    jitter_ms: figure,
    mos: figure,
  }),
  tx: z.object({
    packets: count,
    bytes: count,
    lost: figure.meta({ description: "As the far end reports, like jitter_ms and mos" }),
    jitter_ms: figure,
    mos: figure,
    ssrc: count,
  }),
});

export const callStats = z
  .object({ call_id: z.string(), is_live: z.boolean(), legs: z.array(legStats) })
  .meta({ id: "CallStats" });
