/** `POST /v1/calls/{id}/actions/{verb}`: one route for all verbs; what they are comes from the verb table. */
import { type CallControl, type RecordingLinks, serializeCall, type VerbDescription } from "@voepy/call-control";
import { keyedRoute, type Route } from "../route.ts";
import { namesOf } from "./calls.ts";

export interface ActionServices {
  readonly calls: Pick<CallControl, "act">;
  readonly links: RecordingLinks;
}

export function callActionRoutes(verbs: readonly VerbDescription[], { calls, links }: ActionServices): Route[] {
  return verbs.map((verb) =>
    keyedRoute({
      method: "post",
      path: `/v1/calls/{id}/actions/${verb.name}`,
      scope: "calls:write",
      input: verb.body,
      doc: {
        operationId: verb.name,
        summary: verb.summary,
        description: `Valid while the call is ${verb.from.join(" or ")}.`,
        tag: "Actions",
        success: { status: 200, schema: "Call" },
        refusals: [
          "not_found",
          "call_already_ended",
          "call_not_in_required_state",
          ...(verb.name === "streaming_start" ? (["media_unreachable", "stream_limit_reached"] as const) : []),
          "engine_not_configured",
          "upstream_error",
        ],
        examples: verbExamples[verb.name],
      },
      run: async ({ tenantId, id, input }) => {
        const detail = await calls.act(tenantId, id, verb.name, input);
        return { status: 200, json: serializeCall(detail, links), logged: namesOf(detail) };
      },
    }),
  );
}

/** Bodies of the API reference, by verb. */
export const verbExamples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  answer: {
    bare: {},
    record: { record: "record-from-answer", record_channels: "dual", record_format: "mp3" },
    bot: { stream_url: "wss://media.yourapp.com/voepy", stream_track: "both_tracks" },
    recordAndStream: {
      record: "record-from-answer",
      record_channels: "dual",
      record_format: "mp3",
      stream_url: "wss://media.yourapp.com/voepy",
      stream_track: "both_tracks",
    },
  },
  reject: { busy: { cause: "user_busy" }, rejected: { cause: "rejected" } },
  transfer: { transfer: { to: "+15558675309", from: "+15125550100", timeout_secs: 30 } },
  join_conference: { join: { conference: "standup", muted: false, end_on_exit: false } },
  bridge: { bridge: { leg_id: "voepy_leg_01HZ0000000000000000000000" } },
  send_info: { info: { content_type: "application/json", body: "{}" } },
  refer: { refer: { sip_address: "sip:user@host" } },
  play: { play: { url: "https://example.com/prompt.mp3", loop: 1, target_legs: "self" } },
  stop_playback: { current: { stop: "current" }, all: { stop: "all" } },
  speak: { speak: { payload: "Hello", voice: "Polly.Joanna", language: "en-US" } },
  start_recording: { dual: { channels: "dual", format: "mp3", max_length: 3600, play_beep: true } },
  send_dtmf: { digits: { digits: "1234#", duration_millis: 160 } },
  gather_using_speak: {
    menu: {
      payload: "Press 1 for sales, 2 for support, then pound.",
      voice: "Polly.Joanna",
      language: "en-US",
      minimum_digits: 1,
      maximum_digits: 4,
      terminating_digit: "#",
      timeout_millis: 5000,
      inter_digit_timeout_millis: 2000,
      invalid_payload: "Sorry, I didn't catch that.",
      maximum_tries: 3,
    },
  },
  gather_using_audio: {
    menu: {
      audio_url: "https://example.com/menu.mp3",
      invalid_audio_url: "https://example.com/sorry.mp3",
      minimum_digits: 1,
      maximum_digits: 4,
      terminating_digit: "#",
      timeout_millis: 5000,
    },
  },
  streaming_start: {
    fork: { stream_url: "wss://media.yourapp.com/voepy", stream_track: "both_tracks", stream_codec: "PCMU" },
  },
  transcription_start: { both: { language: "en-US", engine: "accurate", transcription_tracks: "both" } },
};
