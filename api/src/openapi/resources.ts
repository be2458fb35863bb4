/** What answers look like. Only the document uses these shapes; a test holds them against what the serializers make. */
import type { ErrorCode } from "@voepy/base";
import { z } from "zod";
import { errorStatus } from "../error-status.ts";
import { routeOptionFields } from "../schema/route-options.ts";
import { inboundAction, routeFields } from "../schema/settings.ts";
import { callStats } from "./stats.ts";

const time = z.iso.datetime().meta({ examples: ["2026-05-12T14:32:18.000Z"] });
const party = z.string().meta({ description: "E.164 or a SIP URI", examples: ["+15125550100"] });
const text = z.string().nullable();
const count = z.int().nullable();
const status = z.enum(["initiated", "ringing", "answered", "bridged", "ended", "failed"]);
const direction = z.enum(["inbound", "outbound"]);
const endReason = z
  .enum([
    "completed",
    "time_limit",
    "media_timeout",
    "transferred",
    "system_shutdown",
    "canceled",
    "no_answer",
    "busy",
    "rejected",
    "not_found",
    "codec_mismatch",
    "no_route",
    "carrier_error",
    "no_command",
    "policy_blocked",
  ])
  .nullable();

export const callLeg = z
  .object({
    id: z.string().meta({ examples: ["voepy_leg_01HZ0000000000000000000000"] }),
    call_id: z.string(),
    direction,
    status,
    from: party,
    to: party,
    sip_call_id: text,
    started_at: time,
    answered_at: time.nullable(),
    ended_at: time.nullable(),
    end_reason: endReason,
  })
  .meta({ id: "CallLeg" });

export const recording = z
  .object({
    id: z.string().meta({ examples: ["voepy_rec_01HZ0000000000000000000000"] }),
    call_id: z.string(),
    leg_id: z.string(),
    channels: z.enum(["single", "dual"]),
    format: z.enum(["mp3", "wav"]),
    duration_seconds: count,
    duration_millis: count,
    size_bytes: count,
    download_url: text.meta({ description: "Signed and expiring; null until the recording is available" }),
    status: z.enum(["recording", "processing", "available", "archived", "expired", "failed"]),
    created_at: time,
  })
  .meta({ id: "Recording" });

export const stream = z
  .object({
    id: z.string().meta({ examples: ["voepy_strm_01HZ0000000000000000000000"] }),
    call_id: z.string(),
    leg_id: z.string(),
    stream_url: z.string(),
    stream_track: z.enum(["inbound_track", "outbound_track", "both_tracks"]),
    stream_codec: z.enum(["PCMU", "PCMA", "G722", "OPUS", "L16"]),
    stream_protocol: z.enum(["telnyx", "twilio", "jambonz", "raw"]),
    bidirectional: z.boolean(),
    status: z.enum(["connecting", "active", "stopped", "failed"]),
    started_at: time,
    frames_sent: z.int(),
    frames_dropped: z.int().meta({ description: "Media the far end was too slow for" }),
    queue_ms: z.int().meta({ description: "Sound from the far end that waits to be played" }),
  })
  .meta({ id: "Stream" });

const callFields = {
  id: z.string().meta({ examples: ["voepy_call_01HZ0000000000000000000000"] }),
  direction,
  status,
  from: party,
  to: party,
  route_id: text,
  initiated_at: time,
  answered_at: time.nullable(),
  ended_at: time.nullable(),
  duration_seconds: count.meta({
    description: "From answer to end; null while the call is not over or never answered",
  }),
  end_reason: endReason,
  end_initiator: z.enum(["caller", "callee", "api", "system"]).nullable(),
  sip_code: count,
  sip_reason: text,
  q850_cause: count,
  customer_reference: text,
  client_state: text,
  bridge_id: text,
  cost_cents: z.number().nullable().meta({ description: "null until rated; 0 is a free call" }),
  rating_status: z.enum(["pending", "rated", "unrated"]),
};

export const callRow = z.object(callFields).meta({ id: "CallRow", description: "A Call without legs and recordings" });

export const call = z
  .object({ ...callFields, legs: z.array(callLeg), recordings: z.array(recording) })
  .meta({ id: "Call" });

export const webhook = z
  .object({
    id: z.string(),
    url: z.string(),
    failover_url: text,
    events: z.array(z.string()),
    created_at: time,
  })
  .meta({ id: "Webhook" });

export const webhookCreated = webhook
  .extend({ secret: z.string().optional().meta({ description: "Shown here only, when it was made by us" }) })
  .meta({ id: "WebhookCreated" });

export const delivery = z
  .object({
    id: z.string(),
    event_id: z.string(),
    webhook_id: text,
    call_id: text,
    sequence: z.int(),
    url: z.string(),
    status: z.enum(["pending", "delivered", "failed"]),
    attempts: z.int(),
    next_attempt_at: time.nullable(),
    last_status_code: count,
    last_latency_ms: z.number().nullable(),
    last_error: text,
    response_head: text,
  })
  .meta({ id: "Delivery" });

export const event = z
  .object({
    id: z.string(),
    event_type: z.string().meta({ examples: ["call.answered"] }),
    occurred_at: time,
    sequence: z.int().meta({ description: "Counts per call from 1 without gaps" }),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });

const endpoint = z.object({ address: z.string(), port: z.int() });

const tracedMessage = z
  .object({
    time,
    offset_ms: z.int().meta({ description: "Since the first message of the trace" }),
    direction: z.enum(["sent", "received"]),
    transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]),
    local: endpoint,
    remote: endpoint,
    first_line: z.string().meta({ examples: ["INVITE sip:+15558675309@203.0.113.10 SIP/2.0"] }),
    method: text.meta({ description: "Of a response the one it answers" }),
    status: count.meta({ description: "null for a request" }),
    cseq: count,
    sip_call_id: z.string(),
    leg_id: z.string(),
    retransmission: z.boolean(),
    size_bytes: z.int(),
    text: z.string().meta({ description: "The whole message; credentials and keys are masked by `*`" }),
  })
  .meta({ id: "TracedMessage" });

export const callTrace = z
  .object({
    call_id: z.string(),
    dropped_messages: z.int().meta({ description: "Left out because one Call-ID had too many" }),
    messages: z.array(tracedMessage),
  })
  .meta({ id: "CallTrace" });

export const phoneNumber = z
  .object({
    id: z.string(),
    number: z.string(),
    route_id: text,
    inbound_action: inboundAction,
    created_at: time,
  })
  .meta({ id: "PhoneNumber" });

const health = z.object({
  gateway: z.string().meta({ examples: ["203.0.113.10:5060"] }),
  status: z.enum(["up", "down", "unknown"]),
  reason: text,
});

const registration = z.object({
  status: z.enum(["registered", "registering", "failed"]),
  reason: text,
  expires_at: time.nullable(),
});

export const route = z
  .object({
    id: z.string(),
    direction: routeFields.direction.unwrap(),
    gateways: routeFields.gateways.unwrap(),
    auth: z.object({ mode: z.enum(["none", "digest", "registration", "ip"]), username: text }),
    allowed_source_cidrs: z.array(z.string()),
    codecs: routeFields.codecs.unwrap(),
    options_ping_secs: z.int(),
    failover_route_id: text,
    follow_redirects: z.boolean(),
    number_format: routeOptionFields.number_format.unwrap(),
    strip_digits: z.int(),
    prepend: z.string(),
    caller_number: routeOptionFields.caller_number.unwrap().nullable(),
    default_country_code: text,
    national_prefix: z.string(),
    international_prefix: z.string(),
    srtp: routeOptionFields.srtp.unwrap(),
    session_timers: routeOptionFields.session_timers.unwrap(),
    max_channels: count,
    max_cps: z.number().nullable(),
    caller_id_header: routeOptionFields.caller_id_header.unwrap(),
    trust_pai: z.boolean(),
    contact_user: text,
    register_expires_secs: z.int(),
    is_default: z.boolean(),
    health: z.array(health).meta({ description: "Of each gateway that is watched" }),
    registration: registration.nullable().meta({ description: "null where the route does not register" }),
    created_at: time,
  })
  .meta({ id: "Route" });

const contact = z.object({
  uri: z.string(),
  address: z.string(),
  transport: z.string(),
  user_agent: z.string(),
  expires_at: time,
});

export const sipUser = z
  .object({
    id: z.string(),
    username: z.string(),
    number: text,
    outbound: z.boolean(),
    contacts: z.array(contact).meta({ description: "Where it is registered now" }),
    created_at: time,
  })
  .meta({ id: "SipUser" });

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    created_at: time,
    expires_at: time.nullable(),
    last_used_at: time.nullable().meta({ description: "To a minute" }),
  })
  .meta({ id: "ApiKey" });

const shownKey = apiKey.extend({
  key: z.string().optional().meta({ description: "Shown here only, and not to a repeated Idempotency-Key" }),
});

export const media = z
  .object({
    id: z.string(),
    name: z.string(),
    format: z.enum(["wav", "mp3", "ogg", "flac", "m4a"]),
    size_bytes: z.int(),
    duration_millis: count,
    created_at: time,
  })
  .meta({ id: "Media" });

export const voice = z
  .object({
    id: z.string().meta({ description: "As speak takes it" }),
    engine: z.string(),
    language: z.string().meta({ description: "BCP 47; mul: whatever language the text is in" }),
    gender: z.enum(["female", "male", "neutral"]),
  })
  .meta({ id: "Voice" });

export const quota = z
  .object({ allow_caller_id_forwarding: z.boolean(), max_concurrent_calls: z.int(), max_cps: z.int() })
  .meta({ id: "Quota" });

export const tenant = z.object({ id: z.string(), default_route: text, quota, created_at: time }).meta({ id: "Tenant" });

export const conference = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(["active", "ended"]),
    max_participants: z.int(),
    beep: z.boolean(),
    created_at: time,
    ended_at: time.nullable(),
    participants: z.array(
      z.object({
        call_id: z.string(),
        leg_id: z.string(),
        from: party,
        to: party,
        muted: z.boolean(),
        end_on_exit: z.boolean(),
        joined_at: time,
      }),
    ),
  })
  .meta({ id: "Conference" });

export const conferenceList = z
  .object({ data: z.array(conference), next_cursor: z.string().nullable(), has_more: z.boolean() })
  .meta({ id: "ConferenceList" });

export const sandboxCall = z.object({ id: z.string() }).meta({ id: "SandboxCall" });

const fieldProblem = z.object({ param: z.string(), message: z.string() }).meta({ id: "FieldProblem" });

const codes = Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]; // keys of a Record<ErrorCode, …>

export const errorEnvelope = z
  .object({
    error: z.object({
      code: z.enum(codes),
      message: z.string(),
      param: z.string().optional(),
      request_id: z.string(),
      details: z
        .looseObject({ errors: z.array(fieldProblem).optional() })
        .optional()
        .meta({ description: "For invalid_request `errors` names every wrong field" }),
    }),
  })
  .meta({
    id: "Error",
    examples: [
      {
        error: {
          code: "invalid_request",
          message: "to: is required",
          param: "to",
          request_id: "voepy_req_01HZ0000000000000000000000",
          details: { errors: [{ param: "to", message: "is required" }] },
        },
      },
    ],
  });

const listOf = (row: z.ZodType, id: string) =>
  z
    .object({
      data: z.array(row),
      next_cursor: text.meta({ description: "null on the last page" }),
      has_more: z.boolean(),
    })
    .meta({ id });

/** Everything a route can name as its answer, by the name it has in the document. */
export const resources = {
  Call: call,
  CallStats: callStats,
  CallList: listOf(callRow, "CallList"),
  Recording: recording,
  RecordingList: listOf(recording, "RecordingList"),
  Webhook: webhook,
  WebhookCreated: webhookCreated,
  WebhookList: listOf(webhook, "WebhookList"),
  DeliveryList: listOf(delivery, "DeliveryList"),
  PhoneNumber: phoneNumber,
  PhoneNumberList: listOf(phoneNumber, "PhoneNumberList"),
  Route: route,
  RouteList: listOf(route, "RouteList"),
  SipUser: sipUser,
  SipUserCreated: sipUser
    .extend({ password: z.string().optional().meta({ description: "Shown here only, when it was made by us" }) })
    .meta({ id: "SipUserCreated" }),
  SipUserList: listOf(sipUser, "SipUserList"),
  ApiKey: apiKey,
  ApiKeyCreated: shownKey.meta({ id: "ApiKeyCreated" }),
  ApiKeyList: listOf(apiKey, "ApiKeyList"),
  Media: media,
  MediaList: listOf(media, "MediaList"),
  VoiceList: listOf(voice, "VoiceList"),
  Quota: quota,
  Tenant: tenant,
  TenantCreated: tenant.extend({ api_key: shownKey }).meta({ id: "TenantCreated" }),
  TenantList: listOf(tenant, "TenantList"),
  Delivery: delivery,
  Event: event,
  EventList: listOf(event, "EventList"),
  StreamList: listOf(stream, "StreamList"),
  CallTrace: callTrace,
  SandboxCall: sandboxCall,
  Amd: z.object({ status: z.enum(["disabled"]) }).meta({ id: "Amd" }),
  Transcription: z.object({ status: z.enum(["none"]), segments: z.array(z.unknown()) }).meta({ id: "Transcription" }),
  Conference: conference,
  ConferenceList: conferenceList,
  Error: errorEnvelope,
} as const;

export type ResourceName = keyof typeof resources;
