/** The media figures of a call while it lives. */
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
        summary: "Media figures of a live call",
        description:
          "Per leg and direction: packets, loss, jitter (ms), MOS (ITU-T G.107); rx is what the leg sends us, tx what it hears. The last figures of a call that is over are in its call.ended event.",
        tag: "Calls",
        success: { status: 200, schema: "CallStats" },
        refusals: ["not_found", "call_already_ended"],
      },
      run: async ({ tenantId, id }) => {
        const live = await calls.stats(tenantId, id);
        if (live !== undefined) return { status: 200, json: live };
        if ((await store.calls.get(tenantId, id)) === undefined)
          throw new CodedError("not_found", `call ${id} does not exist`);
        throw new CodedError("call_already_ended", `call ${id} is over`);
      },
    }),
  ];
}
