/** Rows as plain data. Times are wall ms since the epoch; wire names (snake_case) exist only in SQL and JSON. */
export type CallStatus = "initiated" | "ringing" | "answered" | "bridged" | "ended" | "failed";
export type CallDirection = "inbound" | "outbound";
export type EndReason =
  | "completed"
  | "time_limit"
  | "media_timeout"
  | "transferred"
  | "system_shutdown"
  | "canceled"
  | "no_answer"
  | "busy"
  | "rejected"
  | "not_found"
  | "codec_mismatch"
  | "no_route"
  | "carrier_error"
  | "no_command"
  | "policy_blocked";
export type EndInitiator = "caller" | "callee" | "api" | "system";

export interface CallRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly nodeId: string;
  readonly direction: CallDirection;
  readonly status: CallStatus;
  readonly from: string;
  readonly to: string;
  readonly routeId: string | null;
  readonly initiatedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
  readonly endInitiator: EndInitiator | null;
  readonly sipCode: number | null;
  readonly sipReason: string | null;
  readonly q850Cause: number | null;
  readonly customerReference: string | null;
  readonly clientState: string | null;
  readonly webhookUrl: string | null;
  readonly bridgeId: string | null;
  readonly costCents: number | null;
  readonly ratingStatus: "pending" | "rated" | "unrated";
  /** Last event sequence given out, 0 before the first. */
  readonly sequence: number;
}

export interface LegRecord {
  readonly id: string;
  readonly callId: string;
  readonly direction: CallDirection;
  readonly status: "initiated" | "ringing" | "answered" | "bridged" | "ended" | "failed";
  readonly from: string;
  readonly to: string;
  readonly sipCallId: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
}

export interface RecordingRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly callId: string;
  readonly legId: string;
  readonly channels: "single" | "dual";
  readonly format: "mp3" | "wav";
  readonly status: "recording" | "processing" | "available" | "archived" | "expired" | "failed";
  /** Relative to the recordings folder. */
  readonly path: string;
  readonly durationMs: number | null;
  readonly sizeBytes: number | null;
  readonly error: string | null;
  readonly createdAt: number;
}

/** One row an event; deliveries are made from it, one an endpoint. */
export interface EventRecord {
  readonly id: string;
  readonly tenantId: string;
  /** null for events of no call (route.up). */
  readonly callId: string | null;
  readonly eventType: string;
  readonly occurredAt: number;
  readonly sequence: number;
  /** The whole `data` object, serialised. */
  readonly data: string;
  /** Per-call endpoint beside the tenant's. */
  readonly webhookUrl: string | null;
}

export interface TenantRecord {
  readonly id: string;
  readonly allowCallerIdForwarding: boolean;
  readonly maxConcurrentCalls: number;
  readonly maxCps: number;
  readonly defaultRoute: string | null;
  /** When it was first saved, wall ms; the store fills it in. */
  readonly createdAt?: number | undefined;
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  /** Lower-case hex SHA-256 of the key. */
  readonly hash: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** To a minute. */
  readonly lastUsedAt?: number | null | undefined;
}

/** The fields of `streaming_start`, by their names in the API; what is absent has its default. */
export interface StreamWish {
  readonly stream_url: string;
  readonly stream_track?: "inbound_track" | "outbound_track" | "both_tracks" | undefined;
  readonly stream_codec?: StreamCodec | undefined;
  readonly stream_sampling_rate?: 8000 | 16000 | 24000 | 48000 | undefined;
  readonly stream_l16_byte_order?: "le" | "be" | undefined;
  readonly stream_protocol?: "telnyx" | "twilio" | "jambonz" | "raw" | undefined;
  readonly stream_bidirectional_mode?: "off" | "rtp" | "mp3" | undefined;
  readonly stream_bidirectional_codec?: StreamCodec | undefined;
  readonly stream_bidirectional_sampling_rate?: 8000 | 16000 | 24000 | 48000 | undefined;
  readonly stream_bidirectional_target_legs?: "self" | "opposite" | "both" | undefined;
  readonly stream_auth_token?: string | undefined;
  readonly custom_parameters?: Readonly<Record<string, string>> | undefined;
  readonly on_stream_close?: "continue" | "hangup" | undefined;
}

export type StreamCodec = "PCMU" | "PCMA" | "G722" | "OPUS" | "L16";

export type InboundAction =
  | { readonly type: "webhook" }
  | {
      readonly type: "dial";
      readonly to: string;
      readonly from?: string | undefined;
      readonly record?: string | undefined;
    }
  | ({ readonly type: "stream" } & StreamWish)
  | { readonly type: "play"; readonly url: string; readonly loop?: number | undefined }
  | { readonly type: "conference"; readonly conference: string }
  | { readonly type: "echo" }
  | { readonly type: "reject"; readonly cause: "user_busy" | "rejected" };

export interface NumberRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly number: string;
  readonly routeId: string | null;
  readonly inboundAction: InboundAction;
  /** When it was first saved, wall ms; the store fills it in. */
  readonly createdAt?: number | undefined;
}

export interface GatewayRecord {
  readonly host: string;
  /** 0: DNS says (SRV), with failover among the servers it names. */
  readonly port: number;
  readonly transport: "udp" | "tcp" | "tls";
  readonly priority: number;
  readonly weight: number;
}

export interface RouteRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly direction: "both" | "in" | "out";
  readonly gateways: readonly GatewayRecord[];
  readonly auth: {
    readonly mode: "none" | "digest" | "registration" | "ip";
    readonly username?: string | undefined;
    readonly password?: string | undefined;
  };
  readonly allowedSourceCidrs: readonly string[];
  readonly codecs: readonly ("PCMU" | "PCMA" | "G722" | "OPUS" | "L16")[];
  /** What differs from the usual trunk; absent fields have the defaults of `policy`. */
  readonly options?: Partial<RouteOptions>;
  /** When it was first saved, wall ms; the store fills it in. */
  readonly createdAt?: number | undefined;
}

/** How a number is written towards a route: `+15125550100`, `15125550100`, or as people there dial it. */
export type NumberFormat = "e164" | "e164_no_plus" | "national";

/** Changes to one number on its way out: `stripDigits` leading ones go, then `prepend` is put before the rest. */
export interface NumberChange {
  readonly format: NumberFormat;
  readonly stripDigits: number;
  readonly prepend: string;
}

export interface RouteOptions {
  /** Tried when every gateway of this route failed, or this route is full. */
  readonly failoverRouteId: string | null;
  /** 3xx is followed (RFC 3261 §8.1.3.4). */
  readonly followRedirects: boolean;
  /** 0: gateways are not pinged. */
  readonly optionsPingSecs: number;
  readonly called: NumberChange;
  readonly caller: NumberChange;
  /** Digits, such as `1` or `44`; needed for `national`, and to read national numbers of incoming calls. */
  readonly defaultCountryCode: string | null;
  /** What is dialled before a national number, such as `0`. */
  readonly nationalPrefix: string;
  /** What is dialled before a country code, such as `00` or `011`. */
  readonly internationalPrefix: string;
  /** Encrypted audio (RFC 4568). optional: taken where it is offered; required: nothing else is offered or taken. */
  readonly srtp: "off" | "optional" | "required";
  /** RFC 4028. accept: kept where the peer asks for one; require: asked for in every call. */
  readonly sessionTimers: "off" | "accept" | "require";
  /** Live calls of both directions; null: as many as the server takes. */
  readonly maxChannels: number | null;
  /** Calls a second sent to the route; null: no limit. */
  readonly maxCps: number | null;
  /** Where the caller is named besides From: P-Asserted-Identity (RFC 3325), Remote-Party-ID, or nowhere. */
  readonly callerIdHeader: "pai" | "rpid" | "from";
  /** P-Asserted-Identity of incoming calls is believed (RFC 3325 §5: only inside a trust domain). */
  readonly trustPai: boolean;
  /** User part of the Contact that we register; null: the username. */
  readonly contactUser: string | null;
  /** Asked for when registering, s. */
  readonly registerExpiresSecs: number;
}

export interface SipUserRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly username: string;
  readonly password: string;
  readonly number: string | null;
  readonly outbound: boolean;
  /** When it was first saved, wall ms; the store fills it in. */
  readonly createdAt?: number | undefined;
}

export interface WebhookRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  readonly failoverUrl: string | null;
  /** `["*"]` or names, `call.*` too. */
  readonly events: readonly string[];
  /** `whsec_` + base64. */
  readonly secret: string;
  readonly createdAt: number;
  /** Set by `settings.declare`: the operator's own, which may lead to private addresses. */
  readonly declared?: boolean;
  /** The secret before the last rotation: deliveries carry its signature too, until then. */
  readonly previousSecret?: string | null | undefined;
  readonly previousSecretUntil?: number | null | undefined;
}

/** Audio a tenant has uploaded. */
export interface MediaRecord {
  readonly id: string;
  readonly tenantId: string;
  /** Unique within the tenant. */
  readonly name: string;
  readonly format: "wav" | "mp3" | "ogg" | "flac" | "m4a";
  /** Relative to the media folder. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly durationMs: number | null;
  readonly createdAt: number;
}

export interface DeliveryRecord {
  readonly id: string;
  readonly eventId: string;
  /** null: the call's own webhook_url, signed with the tenant's first endpoint secret. */
  readonly webhookId: string | null;
  readonly url: string;
  readonly callId: string | null;
  readonly sequence: number;
  readonly status: "pending" | "delivered" | "failed";
  readonly attempts: number;
  readonly nextAttemptAt: number;
  readonly lastStatusCode: number | null;
  readonly lastLatencyMs: number | null;
  readonly lastError: string | null;
  readonly responseHead: string | null;
}

/** SPEC of idempotency: one unique row per tenant, path and key. */
export interface IdempotencyRecord {
  readonly tenantId: string;
  readonly path: string;
  readonly key: string;
  /** SHA-256 of the canonical JSON body. */
  readonly bodyHash: string;
  /** null while the first request is in flight. */
  readonly response: { readonly status: number; readonly body: string } | null;
  /** Process that took it: after a restart, an in-flight row of another node start is answerable from `resourceId`. */
  readonly bootId: string;
  readonly resourceId: string | null;
  readonly createdAt: number;
}
