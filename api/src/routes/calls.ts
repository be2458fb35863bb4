/** Calls: dial, list, get, and what happened in one. */
import { CodedError, type LogFields } from "@voepy/base";
import {
  type CallControl,
  dialSchema,
  type RecordingLinks,
  serializeCall,
  serializeCallRow,
} from "@voepy/call-control";
import type { CallDetail, Store } from "@voepy/store";
import { z } from "zod";
import { keyedRoute, nothing, type Route } from "../route.ts";
import { pageFields, serializeAll, serializePage } from "../serialize/page.ts";
import { serializeEvent } from "../serialize/webhook.ts";

/** In a query an unescaped `+` means a space: `from_number=+1512…` and `…T00:00:00+02:00` are taken as they were meant. */
const plusKept = (text: string): string => text.replaceAll(" ", "+");
const number = z.string().min(1).max(256).transform(plusKept);
const time = z
  .string()
  .transform(plusKept)
  .pipe(z.iso.datetime({ offset: true, error: "must be an RFC 3339 time" }))
  .transform((text) => Date.parse(text));

const listQuery = z.strictObject({
  status: z.enum(["initiated", "ringing", "answered", "bridged", "ended", "failed"]).optional(),
  direction: z.enum(["inbound", "outbound"]).optional(),
  from_number: number.optional(),
  to_number: number.optional(),
  initiated_after: time.optional().meta({ description: "RFC 3339, inclusive", format: "date-time" }),
  initiated_before: time.optional().meta({ description: "RFC 3339, exclusive", format: "date-time" }),
  customer_reference: z.string().min(1).max(128).optional(),
  ...pageFields,
});

export interface CallServices {
  readonly store: Store;
  readonly calls: CallControl;
  readonly links: RecordingLinks;
}

export function callRoutes(services: CallServices): Route[] {
  return [dial(services), list(services), get(services), events(services)];
}

function dial({ calls, links }: CallServices): Route {
  return keyedRoute({
    method: "post",
    path: "/v1/calls",
    scope: "calls:write",
    input: dialSchema,
    opensCall: true,
    doc: {
      operationId: "dial",
      summary: "Place an outbound call",
      description: "Send an Idempotency-Key: a retry without one dials twice.",
      tag: "Calls",
      success: { status: 201, schema: "Call" },
      refusals: [
        "balance_insufficient",
        "from_number_not_owned",
        "country_blocked",
        "country_not_allowed",
        "prefix_blocked",
        "cps_limit_exceeded",
        "concurrency_limit_exceeded",
        "engine_not_configured",
        "upstream_error",
        "draining",
      ],
      examples: {
        dial: {
          from: "+15125550100",
          to: "+15558675309",
          record: "off",
          customer_reference: "cart-abc-123",
          timeout_secs: 30,
        },
      },
    },
    run: async ({ tenantId, input, idempotency }) => {
      const detail = await calls.dial(tenantId, input, idempotency);
      return { status: 201, json: serializeCall(detail, links), logged: namesOf(detail) };
    },
  });
}

function list({ store }: CallServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/calls",
    scope: "calls:read",
    input: listQuery,
    doc: {
      operationId: "listCalls",
      summary: "List and search calls",
      description: "Filters are combined with AND. Rows are Calls without legs and recordings.",
      tag: "Calls",
      success: { status: 200, schema: "CallList" },
      refusals: [],
    },
    run: async ({ tenantId, input }) => {
      const { limit, cursor, status, direction } = input;
      const filter = {
        status,
        direction,
        fromNumber: input.from_number,
        toNumber: input.to_number,
        initiatedAfter: input.initiated_after,
        initiatedBefore: input.initiated_before,
        customerReference: input.customer_reference,
      };
      const page = await store.calls.list(tenantId, filter, { limit, cursor });
      return { status: 200, json: serializePage(page, serializeCallRow) };
    },
  });
}

function get({ store, links }: CallServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/calls/{id}",
    scope: "calls:read",
    input: nothing,
    doc: {
      operationId: "getCall",
      summary: "Get a call with its legs and recordings",
      tag: "Calls",
      success: { status: 200, schema: "Call" },
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => ({
      status: 200,
      json: serializeCall(await existingCall(store, tenantId, id), links),
    }),
  });
}

function events({ store }: CallServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/calls/{id}/events",
    scope: "calls:read",
    input: nothing,
    doc: {
      operationId: "listCallEvents",
      summary: "All events of a call, oldest first",
      tag: "Calls",
      success: { status: 200, schema: "EventList" },
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => {
      await existingCall(store, tenantId, id);
      return { status: 200, json: serializeAll(await store.events.ofCall(tenantId, id), serializeEvent) };
    },
  });
}

/** Ties the id of a request to those of the call, here and in SIP. */
export function namesOf({ call, legs }: CallDetail): LogFields {
  return { callId: call.id, sipCallIds: legs.flatMap(({ sipCallId }) => sipCallId ?? []) };
}

async function existingCall(store: Store, tenantId: string, id: string): Promise<CallDetail> {
  const detail = await store.calls.get(tenantId, id);
  if (detail === undefined) throw new CodedError("not_found", "there is no such call");
  return detail;
}
