/** How a trunk differs from the usual one, the same in the API and in the configuration file. */
import type { RouteOptions } from "@voepy/store";
import { z } from "zod";

const numberFormat = z.enum(["e164", "e164_no_plus", "national"]);
const stripDigits = z.int().min(0).max(15);
const prepend = z.string().regex(/^\+?[0-9*#]{0,16}$/, "must be digits, * or #, after an optional +");

/** How the carrier writes numbers. */
const dialPlan = {
  /** Of called and calling number. */
  number_format: numberFormat.default("e164"),
  /** Of the called number: after formatting, leading digits go and others are put before. */
  strip_digits: stripDigits.default(0),
  prepend: prepend.default(""),
  /** The calling number, where it differs. */
  caller_number: z
    .strictObject({
      number_format: numberFormat.optional(),
      strip_digits: stripDigits.default(0),
      prepend: prepend.default(""),
    })
    .optional(),
  default_country_code: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, "must be a country code such as 1 or 44, quoted")
    .optional(),
  /** Default: none in country 1, else 0. */
  national_prefix: z
    .string()
    .regex(/^[0-9]{0,4}$/, "must be at most four digits, quoted")
    .optional(),
  /** Default: 011 in country 1, else 00. */
  international_prefix: z
    .string()
    .regex(/^[0-9]{1,5}$/, "must be one to five digits, quoted")
    .optional(),
};

export const routeOptionFields = {
  options_ping_secs: z.int().min(0).max(86_400).default(30),
  /** Tried when every gateway of this one failed, or it is full. */
  failover_route_id: z.string().min(1).max(128).optional(),
  follow_redirects: z.boolean().default(false),
  ...dialPlan,
  /** optional: encrypted audio (RFC 4568) is taken where it is offered. required: nothing else is offered or taken. */
  srtp: z.enum(["off", "optional", "required"]).default("off"),
  /** RFC 4028. accept: kept where the peer asks for one; require: asked for in every call. */
  session_timers: z.enum(["off", "accept", "require"]).default("accept"),
  max_channels: z.int().min(1).optional(),
  max_cps: z.number().positive().max(10_000).optional(),
  caller_id_header: z.enum(["pai", "rpid", "from"]).default("from"),
  trust_pai: z.boolean().default(false),
  contact_user: z
    .string()
    .regex(/^[A-Za-z0-9+._~-]{1,64}$/, "must be 1-64 letters, digits or + . _ ~ -")
    .optional(),
  register_expires_secs: z.int().min(60).max(86_400).default(3600),
};

export type RouteOptionFields = z.output<z.ZodObject<typeof routeOptionFields>>;

/** Wire names to the record's. Absent prefixes are what most of the world dials (ITU-T E.164 Annex A). */
export function routeOptionsOf(fields: RouteOptionFields): RouteOptions {
  const country = fields.default_country_code ?? null;
  const caller = fields.caller_number;
  return {
    failoverRouteId: fields.failover_route_id ?? null,
    followRedirects: fields.follow_redirects,
    optionsPingSecs: fields.options_ping_secs,
    called: { format: fields.number_format, stripDigits: fields.strip_digits, prepend: fields.prepend },
    caller: {
      format: caller?.number_format ?? fields.number_format,
      stripDigits: caller?.strip_digits ?? 0,
      prepend: caller?.prepend ?? "",
    },
    defaultCountryCode: country,
    nationalPrefix: fields.national_prefix ?? (country === null || country === "1" ? "" : "0"),
    internationalPrefix: fields.international_prefix ?? (country === "1" ? "011" : "00"),
    srtp: fields.srtp,
    sessionTimers: fields.session_timers,
    maxChannels: fields.max_channels ?? null,
    maxCps: fields.max_cps ?? null,
    callerIdHeader: fields.caller_id_header,
    trustPai: fields.trust_pai,
    contactUser: fields.contact_user ?? null,
    registerExpiresSecs: fields.register_expires_secs,
  };
}

/** The other way round: what `routeOptionsOf` makes this record of. What an older row does not say is usual. */
export function routeOptionFieldsOf(stored: Partial<RouteOptions>): RouteOptionFields {
  const options = { ...USUAL, ...stored };
  const { called, caller } = options;
  const isCallerUsual = caller.format === called.format && caller.stripDigits === 0 && caller.prepend === "";
  return {
    options_ping_secs: options.optionsPingSecs,
    failover_route_id: options.failoverRouteId ?? undefined,
    follow_redirects: options.followRedirects,
    number_format: called.format,
    strip_digits: called.stripDigits,
    prepend: called.prepend,
    caller_number: isCallerUsual
      ? undefined
      : { number_format: caller.format, strip_digits: caller.stripDigits, prepend: caller.prepend },
    default_country_code: options.defaultCountryCode ?? undefined,
    national_prefix: options.nationalPrefix,
    international_prefix: options.internationalPrefix,
    srtp: options.srtp,
    session_timers: options.sessionTimers,
    max_channels: options.maxChannels ?? undefined,
    max_cps: options.maxCps ?? undefined,
    caller_id_header: options.callerIdHeader,
    trust_pai: options.trustPai,
    contact_user: options.contactUser ?? undefined,
    register_expires_secs: options.registerExpiresSecs,
  };
}

const USUAL = routeOptionsOf(z.strictObject(routeOptionFields).parse({}));
