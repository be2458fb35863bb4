/**
 * Telnyx media streaming: JSON text frames, snake_case, numbers that count written as strings. `stream_id` stands at the top
 * of all but the first frame, and clients tell this protocol from Twilio's by it.
 */
import { isoTime } from "@voepy/base";
import type { ForkRequest } from "../types.ts";
import { base64, bytesOf, fieldsOf, type JsonFields, readObject, textOf } from "./json.ts";
import type { ForkFault, ForkInput, ForkProtocol } from "./protocol.ts";

const FAULTS: Readonly<Record<ForkFault, { readonly code: number; readonly title: string }>> = {
  malformed_frame: { code: 100003, title: "malformed_frame" },
  invalid_media: { code: 100004, title: "invalid_media" },
  rate_limit_reached: { code: 100005, title: "rate_limit_reached" },
};

export function makeTelnyx(request: ForkRequest): ForkProtocol {
  const { facts, authToken } = request;
  const stream = JSON.stringify(facts.streamId);
  const ends = { user_id: facts.accountId, call_control_id: facts.callId };
  let sequence = 0;
  const next = (): string => String(++sequence);
  return {
    opening: () => [
      JSON.stringify({
        event: "connected",
        version: "1.0.0",
        ...(authToken === undefined ? {} : { connected: { "x-telnyx-streaming-auth-token": authToken } }),
      }),
      telnyxStart(request, next()),
    ],
    media({ track, chunk, timestampMs, payload }) {
      // Written by hand: this is made fifty times a second for each track of each fork.
      const name = track === "rx" ? "inbound" : "outbound";
      return `{"event":"media","sequence_number":"${next()}","media":{"track":"${name}","chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${base64(payload)}"},"stream_id":${stream}}`;
    },
    digit: (digit, _durationMs, wallMs) =>
      JSON.stringify({
        event: "dtmf",
        stream_id: facts.streamId,
        occurred_at: isoTime(wallMs),
        sequence_number: next(),
        dtmf: { digit },
      }),
    mark: ({ name }) =>
      JSON.stringify({ event: "mark", stream_id: facts.streamId, sequence_number: next(), mark: { name } }),
    fault: (fault, detail) =>
      JSON.stringify({ event: "error", stream_id: facts.streamId, payload: { ...FAULTS[fault], detail } }),
    stop: () => JSON.stringify({ event: "stop", sequence_number: next(), stop: ends, stream_id: facts.streamId }),
    read: readMediaMarkClear,
  };
}

export function telnyxStart({ facts, format }: ForkRequest, sequence: string): string {
  return JSON.stringify({
    event: "start",
    sequence_number: sequence,
    start: {
      user_id: facts.accountId,
      call_control_id: facts.callId,
      call_session_id: facts.sessionId,
      from: facts.from,
      to: facts.to,
      tags: [],
      client_state: facts.clientState,
      custom_parameters: facts.customParameters,
      media_format: {
        encoding: format.codec,
        sample_rate: format.sampleRateHz,
        channels: 1,
        ...(format.codec === "L16" ? { byte_order: format.l16ByteOrder } : {}),
      },
    },
    stream_id: facts.streamId,
  });
}

/** What Telnyx's and Twilio's clients say is the same but for ids, which nobody needs: a connection is one stream. */
export function readMediaMarkClear(message: string | Uint8Array): ForkInput[] {
  const fields = readObject(message);
  if (fields === undefined) return [malformed("this is no JSON object")];
  const event = textOf(fields["event"]);
  if (event === undefined) return [malformed("event is missing")];
  if (event === "clear") return [{ type: "clear" }];
  if (event === "media") return [readMedia(fields)];
  return event === "mark" ? [readMark(fields)] : [];
}

function readMedia(fields: JsonFields): ForkInput {
  const bytes = bytesOf(fieldsOf(fields["media"])?.["payload"]);
  return bytes === undefined ? malformed("media.payload must be base64") : { type: "audio", bytes };
}

function readMark(fields: JsonFields): ForkInput {
  const name = textOf(fieldsOf(fields["mark"])?.["name"]);
  return name === undefined ? malformed("mark.name must be a string") : { type: "mark", mark: { name, of: "mark" } };
}

export function malformed(detail: string): ForkInput {
  return { type: "fault", fault: "malformed_frame", detail };
}
