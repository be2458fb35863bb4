/** All events of a tenant: replayed, and as they come. */
import type { Store } from "@voepy/store";
import { z } from "zod";
import type { EventStreams } from "../event-streams.ts";
import { invalidFields } from "../problems.ts";
import { keyedRoute, type Route } from "../route.ts";
import { pageFields } from "../serialize/page.ts";
import { serializeEvent } from "../serialize/webhook.ts";
import { eventPattern } from "./webhooks.ts";

const after = z.string().min(1).max(128).optional();

const listQuery = z.strictObject({
  after: after.meta({ description: "Id of an event: those that came after it. Absent: from the oldest" }),
  limit: pageFields.limit,
});

const streamQuery = z.strictObject({
  after: after.meta({ description: "As the header Last-Event-ID, which goes before it. Absent: from now on" }),
  events: z
    .string()
    .max(1024)
    .transform((text) => text.split(","))
    .pipe(z.array(eventPattern).min(1).max(32))
    .optional()
    .meta({ type: "string", description: "Which, separated by commas: `call.*,recording.completed`" }),
});

export interface EventServices {
  readonly store: Store;
  readonly streams: EventStreams;
}

export function eventRoutes(services: EventServices): Route[] {
  return [list(services), stream(services)];
}

function list({ store }: EventServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/events",
    scope: "calls:read",
    input: listQuery,
    doc: {
      operationId: "listEvents",
      summary: "Replay events, oldest first",
      description: "`next_cursor` is the `after` of the next page. The order is that of commits and never changes.",
      tag: "Events",
      success: { status: 200, schema: "EventList" },
      refusals: [],
    },
    run: async ({ tenantId, input }) => {
      const position = input.after === undefined ? 0 : await store.events.position(tenantId, input.after);
      if (position === undefined)
        throw invalidFields([{ param: "after", message: "is no event that is still kept: start without it" }]);
      const { rows } = await store.events.after(tenantId, position, input.limit + 1);
      const data = rows.slice(0, input.limit);
      const hasMore = rows.length > input.limit;
      const next = hasMore ? (data.at(-1)?.id ?? null) : null;
      return { status: 200, json: { data: data.map(serializeEvent), next_cursor: next, has_more: hasMore } };
    },
  });
}

function stream({ store, streams }: EventServices): Route {
  return keyedRoute({
    method: "get",
    path: "/v1/events/stream",
    scope: "calls:read",
    input: streamQuery,
    doc: {
      operationId: "streamEvents",
      summary: "Events as they happen, as Server-Sent Events",
      description:
        "After a break send Last-Event-ID and nothing is missed; an id that is no longer kept replays what is. " +
        "A comment comes every 15 s. The stream ends when its key is deleted or expires.",
      tag: "Events",
      success: { status: 200, mediaType: "text/event-stream" },
      refusals: [],
    },
    run: async ({ tenantId, key, header, input }) => {
      const last = header("last-event-id") ?? input.after;
      const position =
        last === undefined ? await store.events.lastPosition() : await store.events.position(tenantId, last);
      const body = streams.follow(key, position ?? 0, input.events ?? ["*"]);
      return { status: 200, stream: { body, mediaType: "text/event-stream" } };
    },
  });
}
