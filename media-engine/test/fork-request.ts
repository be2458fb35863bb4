import type { ForkRequest } from "../src/types.ts";

const PCMU = { codec: "PCMU", sampleRateHz: 8000, l16ByteOrder: "le" } as const;

/** A telnyx stream of what the party says; `talkback`: who hears the peer. */
export function aForkRequest(
  more: Partial<Omit<ForkRequest, "talkback">> & { talkback?: "self" | "opposite" | "both" } = {},
): ForkRequest {
  const { talkback, ...rest } = more;
  return {
    stream: "s",
    url: "ws://bot.example/",
    allowPrivate: true,
    protocol: "telnyx",
    tracks: "rx",
    format: PCMU,
    talkback: talkback && { mode: "rtp", format: PCMU, target: talkback },
    authToken: undefined,
    facts: {
      streamId: "s",
      callId: "c",
      sessionId: "c",
      accountId: "t",
      direction: "inbound",
      from: "+15125550100",
      to: "+15125550101",
      clientState: null,
      customParameters: {},
    },
    ...rest,
  };
}
