/** The SIP messages of one call: as a ladder to read, and as a capture to open in Wireshark. */
import { CodedError } from "@voepy/base";
import {
  type CallTrace,
  makePcap,
  PCAP_MEDIA_TYPE,
  serializeTrace,
  TRACE_LIMITS,
  type Traces,
} from "@voepy/call-control";
import type { Store } from "@voepy/store";
import { keyedRoute, nothing, type Route } from "../route.ts";

const { endedCalls, totalBytes, messagesPerCallId } = TRACE_LIMITS;
const DESCRIPTION = `Kept in memory while the call is up and for some time after: the last ${endedCalls} calls of this process,
at most ${totalBytes / 2 ** 20} MB in all and ${messagesPerCallId} messages a Call-ID. Credentials and keys are masked by \`*\`.`;

export interface TraceServices {
  readonly store: Pick<Store, "calls">;
  readonly traces: Pick<Traces, "ofCall">;
}

export function traceRoutes(services: TraceServices): Route[] {
  return [ladder(services), capture(services)];
}

function ladder(services: TraceServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/calls/{id}/trace",
    scope: "calls:read",
    input: nothing,
    doc: {
      operationId: "getCallTrace",
      summary: "The SIP messages of a call, of all its legs and attempts, oldest first",
      description: DESCRIPTION,
      tag: "Calls",
      success: { status: 200, schema: "CallTrace" },
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => ({
      status: 200,
      json: serializeTrace(id, await existingTrace(services, tenantId, id)),
    }),
  });
}

function capture(services: TraceServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/calls/{id}/trace.pcap",
    scope: "calls:read",
    input: nothing,
    doc: {
      operationId: "getCallTracePcap",
      summary: "The SIP messages of a call as a capture file",
      description: `${DESCRIPTION} IP and UDP headers are made from the addresses, also for TCP.`,
      tag: "Calls",
      success: { status: 200, mediaType: PCAP_MEDIA_TYPE },
      refusals: ["not_found"],
    },
    run: async ({ tenantId, id }) => ({
      status: 200,
      file: {
        bytes: makePcap((await existingTrace(services, tenantId, id)).messages),
        mediaType: PCAP_MEDIA_TYPE,
        name: `${id}.pcap`,
      },
    }),
  });
}

async function existingTrace({ store, traces }: TraceServices, tenantId: string, id: string): Promise<CallTrace> {
  const detail = await store.calls.get(tenantId, id);
  if (detail === undefined) throw new CodedError("not_found", "there is no such call");
  const trace = traces.ofCall(id);
  if (trace !== undefined) return trace;
  throw new CodedError(
    "not_found",
    "the SIP messages of this call are gone: they are kept for the last calls of the running process only",
    { details: { call_id: id, status: detail.call.status } },
  );
}
