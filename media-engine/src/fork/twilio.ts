/** Twilio Media Streams: JSON text frames, camelCase, µ-law at 8 kHz. */
import type { ForkRequest } from "../types.ts";
import { base64 } from "./json.ts";
import type { ForkProtocol } from "./protocol.ts";
import { readMediaMarkClear } from "./telnyx.ts";

export function makeTwilio({ facts, tracks }: ForkRequest): ForkProtocol {
  const { streamId: streamSid, callId: callSid, accountId: accountSid, customParameters } = facts;
  const stream = JSON.stringify(streamSid);
  let sequence = 0;
  const next = (): string => String(++sequence);
  return {
    opening: () => [
      JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }),
      JSON.stringify({
        event: "start",
        sequenceNumber: next(),
        start: {
          accountSid,
          streamSid,
          callSid,
          tracks: tracks === "both" ? ["inbound", "outbound"] : [tracks === "rx" ? "inbound" : "outbound"],
          mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
          customParameters,
        },
        streamSid,
      }),
    ],
    media({ track, chunk, timestampMs, payload }) {
      const name = track === "rx" ? "inbound" : "outbound";
      return `{"event":"media","sequenceNumber":"${next()}","media":{"track":"${name}","chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${base64(payload)}"},"streamSid":${stream}}`;
    },
    digit: (digit) =>
      JSON.stringify({ event: "dtmf", streamSid, sequenceNumber: next(), dtmf: { track: "inbound_track", digit } }),
    mark: ({ name }) => JSON.stringify({ event: "mark", sequenceNumber: next(), streamSid, mark: { name } }),
    fault: () => undefined,
    stop: () => JSON.stringify({ event: "stop", sequenceNumber: next(), streamSid, stop: { accountSid, callSid } }),
    read: readMediaMarkClear,
  };
}
