/** `GET /v1/calls/{id}/amd` and `/transcription`: what detectors and recognisers have found. None can be asked for yet. */
import { CodedError } from "@voepy/base";
import type { Store } from "@voepy/store";
import { keyedRoute, nothing, type Route } from "../route.ts";

export function findingRoutes(store: Store): Route[] {
  return [
    finding(store, {
      path: "/v1/calls/{id}/amd",
      operationId: "getAmd",
      summary: "What answering-machine detection found",
      schema: "Amd",
      // It was never asked for: a dial that asks is refused with 501.
      json: { status: "disabled" },
    }),
    finding(store, {
      path: "/v1/calls/{id}/transcription",
      operationId: "getTranscription",
      summary: "The call's transcript",
      schema: "Transcription",
      // It was never started: transcription_start is refused with 501.
      json: { status: "none", segments: [] },
    }),
  ];
}

interface Finding {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly schema: "Amd" | "Transcription";
  readonly json: unknown;
}

function finding(store: Store, { path, operationId, summary, schema, json }: Finding): Route {
  return keyedRoute({
    method: "get",
    path,
    scope: "calls:read",
    input: nothing,
    doc: { operationId, summary, tag: "Calls", success: { status: 200, schema }, refusals: ["not_found"] },
    run: async ({ tenantId, id }) => {
      if ((await store.calls.get(tenantId, id)) === undefined) {
        throw new CodedError("not_found", `call ${id} does not exist`);
      }
      return { status: 200, json };
    },
  });
}
