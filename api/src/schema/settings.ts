/** Fields of what tenants configure, the same in the API and in the configuration file. Wire names: these are the wire. */
import { streamWish } from "@voepy/call-control";
import type { InboundAction } from "@voepy/store";
import { z } from "zod";

const udpPort = z.int().min(0).max(65535);
const e164 = z.string().regex(/^\+[1-9]\d{1,14}$/, "must be E.164 (+15125550100)");
const id = z.string().min(1).max(128);
const cidr = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
  error: "must be an address or a network such as 203.0.113.0/24",
});

/** It comes to stand in SIP messages: nothing that could end a header or a URI. */
const host = z
  .string()
  .max(255)
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?|\[?[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+\]?)$/,
    "must be a name or an address",
  );
const line = z
  .string()
  .min(1)
  .max(256)
  // oxlint-disable-next-line no-control-regex -- CR, LF and NUL would end or hide a header
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must hold no control characters");
const party = z
  .string()
  .max(256)
  .regex(/^[^\s<>"]+$/, "must be E.164 (+15125550100) or a sip: URI");

const gateway = z.strictObject({
  host,
  port: udpPort.default(5060),
  transport: z.enum(["udp", "tcp", "tls"]).default("udp"),
  priority: z.int().min(0).max(65535).default(1).meta({ description: "The lowest is tried first" }),
  weight: z.int().min(0).max(65535).default(1).meta({ description: "Share within one priority" }),
});

export const routeFields = {
  direction: z.enum(["both", "in", "out"]).default("both"),
  gateways: z.array(gateway).max(64).default([]),
  auth: z
    .strictObject({
      mode: z.enum(["none", "digest", "registration", "ip"]).default("none"),
      username: line.optional(),
      password: line.optional(),
    })
    .default({ mode: "none" }),
  allowed_source_cidrs: z.array(cidr).max(256).default([]),
  codecs: z
    .array(z.enum(["PCMU", "PCMA", "G722", "OPUS", "L16"]))
    .min(1)
    .max(5)
    .default(["OPUS", "G722", "PCMU", "PCMA"]),
};

/** Carried out as soon as a call to the number comes in. */
export const inboundAction = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("webhook") }),
  z.strictObject({
    type: z.literal("dial"),
    to: party,
    from: party.optional(),
    record: z.enum(["off", "on_answer", "record-from-answer"]).optional(),
  }),
  z.strictObject({ type: z.literal("stream"), ...streamWish.shape }),
  z.strictObject({
    type: z.literal("play"),
    url: z.url({ protocol: /^https?$/ }).max(2048),
    loop: z.int().min(0).max(100).optional(),
  }),
  z.strictObject({ type: z.literal("conference"), conference: z.string().min(1).max(128) }),
  z.strictObject({ type: z.literal("echo") }),
  z.strictObject({ type: z.literal("reject"), cause: z.enum(["user_busy", "rejected"]).default("rejected") }),
]) satisfies z.ZodType<InboundAction>;

export const phoneNumberFields = {
  number: e164,
  route_id: id.optional(),
  inbound_action: inboundAction.default({ type: "webhook" }),
};

export const sipUserFields = {
  username: z.string().regex(/^[A-Za-z0-9._~-]{1,64}$/, "must be 1-64 letters, digits or . _ ~ -"),
  password: z.string().min(1).max(256),
  number: e164.optional(),
  outbound: z.boolean().default(false),
};

export const quotaFields = {
  allow_caller_id_forwarding: z.boolean().default(false),
  max_concurrent_calls: z.int().min(1).max(1_000_000).default(500),
  max_cps: z.int().min(1).max(10_000).default(20),
};

/** What a key of a tenant may do; `admin` is the admin key's alone. */
export const keyScopes = z
  .array(
    z.enum(["*", "calls:read", "calls:write", "recordings:read", "recordings:write", "config:read", "config:write"]),
  )
  .min(1)
  .max(7);
