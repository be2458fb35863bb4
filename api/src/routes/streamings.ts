/** The WebSocket streams of a call. */
import { CodedError } from "@voepy/base";
import type { CallControl } from "@voepy/call-control";
import type { Store } from "@voepy/store";
import { keyedRoute, nothing, type Route } from "../route.ts";
import { serializeAll } from "../serialize/page.ts";

export interface StreamingServices {
  readonly store: Store;
  readonly calls: Pick<CallControl, "streamings">;
}

export function streamingRoutes({ store, calls }: StreamingServices): Route[] {
  return [
    keyedRoute({
      method: "get",
      path: "/v1/calls/{id}/streamings",
      scope: "calls:read",
      input: nothing,
      doc: {
        operationId: "listStreamings",
        summary: "Streams of a call, the oldest first",
        description: "Also after the call, until the server restarts.",
        tag: "Calls",
        success: { status: 200, schema: "StreamList" },
        refusals: ["not_found"],
      },
      run: async ({ tenantId, id }) => {
        const data = calls.streamings(tenantId, id);
        if (data.length === 0 && (await store.calls.get(tenantId, id)) === undefined)
          throw new CodedError("not_found", "there is no such call");
        return { status: 200, json: serializeAll(data, (row) => row) };
      },
    }),
  ];
}
