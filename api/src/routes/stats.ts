/** The media figures of a call. */
import { CodedError } from "@voepy/base";
import type { CallControl } from "@voepy/call-control";
import type { Store } from "@voepy/store";
import { keyedRoute, nothing, type Route } from "../route.ts";

export interface StatsServices {
  readonly store: Store;
  readonly calls: Pick<CallControl, "stats">;
}

export function statsRoutes({ store, calls }: StatsServices): Route[] {
  return [
    keyedRoute({
      method: "get",
      path: "/v1/calls/{id}/stats",
      scope: "calls:read",
      input: nothing,
      doc: {
        operationId: "callStats",
        summary: "Media figures of a call",
        description:
          "Per leg and direction: packets, loss, jitter (ms), MOS (ITU-T G.107); rx is what the leg sends us, tx what it hears. Of legs that are over the last figures, until the server restarts.",
        tag: "Calls",
        success: { status: 200, schema: "CallStats" },
        refusals: ["not_found"],
      },
      run: async ({ tenantId, id }) => {
        const known = await calls.stats(tenantId, id);
        if (known !== undefined) return { status: 200, json: known };
        if ((await store.calls.get(tenantId, id)) === undefined)
          throw new CodedError("not_found", `call ${id} does not exist`);
        return { status: 200, json: { call_id: id, is_live: false, legs: [] } };
      },
    }),
  ];
}
