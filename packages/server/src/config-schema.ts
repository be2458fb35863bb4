/** The configuration file of the operator (YAML): every key, its default and its unit. */
import { keyScopes, phoneNumberFields, quotaFields, sipUserFields, trunkFields, trunkProblems } from "@voepy/api";
import { z } from "zod";
import { isPublicAddress } from "./public-address.ts";
import { ttsSettings } from "./speech.ts";

const udpPort = z.int().min(0).max(65535);

const publicAddress = z.string().refine(isPublicAddress, "must be auto, an address, or stun:HOST:PORT");

const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, "must be FIRST-LAST, such as 16384-32767")
  .transform((text) => {
    const [first = 0, last = 0] = text.split("-").map(Number);
    return { first, last };
  })
  .refine((range) => range.first >= 1024 && range.last <= 65535 && range.last - range.first >= 1, {
    error: "must lie within 1024-65535 and hold at least two ports",
  });

const listener = z
  .strictObject({
    transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]),
    host: z.string().min(1).default("0.0.0.0"),
    port: udpPort,
    /** PEM files, relative to the working directory; read again when they change. */
    cert: z.string().min(1).optional(),
    key: z.string().min(1).optional(),
  })
  .superRefine(({ transport, cert, key }, context) => {
    if (transport !== "tls" && transport !== "wss") return;
    const missing = cert === undefined ? "cert" : key === undefined ? "key" : undefined;
    if (missing === undefined) return;
    const message = `${transport} needs cert and key, paths of PEM files`;
    context.addIssue({ code: "custom", path: [missing], message });
  });

const apiKey = z.strictObject({
  name: z.string().min(1).max(128),
  key: z.string().min(16).max(256),
  scopes: keyScopes.default(["*"]),
});

const webhook = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  failover_url: z.url({ protocol: /^https?$/ }).optional(),
  events: z.array(z.string()).default(["*"]),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/=]{16,}$/, "must be whsec_ and base64"),
});

const sipUser = z.strictObject(sipUserFields);

const routeShape = z.strictObject({
  id: z.string().min(1).max(128),
  ...trunkFields,
  dtmf: z.enum(["auto", "rfc4733", "info", "inband"]).default("auto"),
});

const route = routeShape.superRefine((value, context) => {
  for (const { path, message } of trunkProblems(value)) context.addIssue({ code: "custom", path: [...path], message });
});

const phoneNumber = z.strictObject(phoneNumberFields);

const tenant = z.strictObject({
  id: z.string().min(1).max(64),
  api_keys: z.array(apiKey).default([]),
  webhooks: z.array(webhook).default([]),
  quota: z
    .strictObject({
      ...quotaFields,
      allowed_countries: z.array(z.string().length(2)).nullable().default(null),
      blocked_countries: z.array(z.string().length(2)).default([]),
      blocked_prefixes: z.array(z.string()).default([]),
    })
    .prefault({}),
  billing: z
    .strictObject({
      enabled: z.boolean().default(false),
      balance_cents: z.number().default(0),
      credit_limit_cents: z.number().default(0),
    })
    .prefault({}),
  rates: z
    .array(
      z.strictObject({
        prefix: z.string(),
        setup_cents: z.string().default("0"),
        per_minute_cents: z.string(),
        min_secs: z.int().min(0).default(0),
        increment_secs: z.int().min(1).default(60),
      }),
    )
    .default([]),
  sip_users: z.array(sipUser).default([]),
  routes: z.array(route).default([]),
  numbers: z.array(phoneNumber).default([]),
  default_route: z.string().optional(),
});

export const configSchema = z.strictObject({
  data_dir: z.string().min(1).default("./data"),
  log: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
      format: z.enum(["pretty", "json"]).default("pretty"),
    })
    .prefault({}),
  api: z
    .strictObject({
      host: z.string().default("127.0.0.1"),
      port: udpPort.default(8080),
      /** What links in webhooks begin with; default http://HOST:PORT. */
      public_url: z.url({ protocol: /^https?$/ }).optional(),
      admin_key: z.string().min(16).optional(),
    })
    .prefault({}),
  sip: z
    .strictObject({
      listeners: z
        .array(listener)
        .min(1)
        .default([
          { transport: "udp", host: "0.0.0.0", port: 5060 },
          { transport: "tcp", host: "0.0.0.0", port: 5060 },
        ]),
      domain: z.string().min(1).default("voepy.local"),
      public_address: publicAddress.default("auto"),
      /** PEM file of authorities trusted beside the well-known ones, for peers that we call over TLS. */
      trusted_ca: z.string().min(1).optional(),
      digest_algorithms: z
        .array(z.enum(["MD5", "SHA-256"]))
        .min(1)
        .default(["MD5"]),
      /** Where every SIP message is copied to: a Homer or other collector of HEP version 3, by UDP. */
      hep: z
        .strictObject({
          host: z.string().min(1),
          port: z.int().min(1).max(65535).default(9060),
          capture_id: z.int().min(0).max(0xffffffff).default(1),
          password: z.string().min(1).optional(),
        })
        .optional(),
    })
    .prefault({}),
  media: z
    .strictObject({
      address: z.string().default("0.0.0.0"),
      public_address: publicAddress.default("auto"),
      ports: portRange.default({ first: 16384, last: 32767 }),
      workers: z.union([z.literal("auto"), z.int().min(0).max(256)]).default("auto"),
      io: z.enum(["auto", "syscall", "dgram"]).default("auto"),
    })
    .prefault({}),
  limits: z
    .strictObject({
      max_calls: z.int().min(1).default(2000),
      cps: z.int().min(1).default(50),
      max_call_secs: z.int().min(1).default(14400),
      first_command_secs: z.int().min(1).default(60),
      media_timeout_secs: z.int().min(0).default(300),
    })
    .prefault({}),
  network: z.strictObject({ allow_private_urls: z.boolean().default(false) }).prefault({}),
  storage: z
    .strictObject({
      recordings: z.string().optional(),
      retention_days: z.int().min(0).default(30),
      url_ttl_secs: z.int().min(1).max(604_800).default(3600),
    })
    .prefault({}),
  speech: z.strictObject({ tts: ttsSettings, stt: z.unknown().optional() }).prefault({}),
  drain_secs: z.int().min(0).default(30),
  tenants: z.array(tenant).default([]),
});

export type Config = z.output<typeof configSchema>;
export type TenantConfig = Config["tenants"][number];
