/** `/v1/conferences`: rooms that live with the server; people come to them by the verb `join_conference`. */
import { CodedError } from "@voepy/base";
import {
  type ConferenceAction,
  type Conferences,
  type JsonObject,
  MOST_PARTICIPANTS,
  speakFields,
} from "@voepy/call-control";
import { z } from "zod";
import { keyedRoute, nothing, type Route } from "../route.ts";
import { pageFields } from "../serialize/page.ts";

const createBody = z
  .strictObject({
    name: z.string().min(1).max(128),
    max_participants: z.int().min(2).max(MOST_PARTICIPANTS).default(MOST_PARTICIPANTS),
    beep: z.boolean().default(false),
  })
  .meta({ id: "ConferenceCreate" });

const oneParticipant = z.strictObject({
  call_id: z.string().min(1).max(128).meta({ description: "Id of the call, or of its leg" }),
});
const playBody = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2048),
  loop: z.int().min(0).max(100).default(1),
});

const speakBody = z.strictObject({ ...speakFields, loop: z.int().min(0).max(100).default(1) });

export function conferenceRoutes(conferences: Conferences): Route[] {
  return [...resourceRoutes(conferences), ...actionRoutes(conferences)];
}

function actionRoutes(conferences: Conferences): Route[] {
  return [
    action(conferences, "mute", oneParticipant, ({ call_id }) => ({ type: "mute", callId: call_id })),
    action(conferences, "unmute", oneParticipant, ({ call_id }) => ({ type: "unmute", callId: call_id })),
    action(conferences, "kick", oneParticipant, ({ call_id }) => ({ type: "kick", callId: call_id })),
    action(conferences, "play", playBody, ({ url, loop }) => ({ type: "play", url, loop })),
    action(conferences, "speak", speakBody, ({ loop, ...body }) => ({ type: "speak", body, loop })),
    action(conferences, "end", z.strictObject({}), () => ({ type: "end" })),
    notYet("start_recording"),
    notYet("stop_recording"),
  ];
}

function resourceRoutes(conferences: Conferences): Route[] {
  return [
    keyedRoute({
      method: "get",
      path: "/v1/conferences",
      scope: "calls:read",
      input: z.strictObject(pageFields),
      doc: {
        operationId: "listConferences",
        summary: "List conferences, newest first",
        tag: "Conferences",
        success: { status: 200, schema: "ConferenceList" },
        refusals: ["invalid_request"],
      },
      run: async ({ tenantId, input }) => ({ status: 200, json: pageOf(conferences.list(tenantId), input) }),
    }),
    keyedRoute({
      method: "post",
      path: "/v1/conferences",
      scope: "calls:write",
      input: createBody,
      doc: {
        operationId: "createConference",
        summary: "Make a conference",
        tag: "Conferences",
        success: { status: 201, schema: "Conference" },
        refusals: ["invalid_request"],
        examples: { room: { name: "standup", max_participants: 10, beep: true } },
      },
      run: async ({ tenantId, input }) => ({
        status: 201,
        json: conferences.create(tenantId, {
          name: input.name,
          maxParticipants: input.max_participants,
          beep: input.beep,
        }),
      }),
    }),
    keyedRoute({
      method: "get",
      path: "/v1/conferences/{id}",
      scope: "calls:read",
      input: nothing,
      doc: {
        operationId: "getConference",
        summary: "Get a conference and who is in it",
        tag: "Conferences",
        success: { status: 200, schema: "Conference" },
        refusals: ["not_found"],
      },
      run: async ({ tenantId, id }) => ({ status: 200, json: conferences.get(tenantId, id) }),
    }),
  ];
}

/** The cursor is the id of the last row before it: they live in memory, and ids do not move. */
function pageOf(rows: readonly JsonObject[], { limit, cursor }: { limit: number; cursor?: string | undefined }) {
  const at = cursor === undefined ? 0 : rows.findIndex(({ id }) => id === cursor) + 1;
  if (cursor !== undefined && at === 0) {
    throw new CodedError("invalid_request", "cursor was not made by this server", { param: "cursor" });
  }
  const data = rows.slice(at, at + limit);
  const has_more = at + limit < rows.length;
  return { data, next_cursor: has_more ? (data.at(-1)?.id ?? null) : null, has_more };
}

const SUMMARIES = {
  mute: "Mute a participant",
  unmute: "Unmute a participant",
  kick: "Hang up on a participant",
  play: "Play an audio file to everybody",
  speak: "Speak a text to everybody",
  end: "End the conference and hang up on everybody",
} as const;

function action<Input>(
  conferences: Conferences,
  name: keyof typeof SUMMARIES,
  input: z.ZodType<Input>,
  toAction: (input: Input) => ConferenceAction,
): Route {
  return keyedRoute({
    method: "post",
    path: `/v1/conferences/{id}/actions/${name}`,
    scope: "calls:write",
    input,
    doc: {
      operationId: `conference_${name}`,
      summary: SUMMARIES[name],
      tag: "Conferences",
      success: { status: 200, schema: "Conference" },
      refusals: ["not_found", "call_already_ended", name === "speak" ? "voice_not_available" : "media_unreachable"],
    },
    run: async ({ tenantId, id, input: body }) => ({
      status: 200,
      json: await conferences.act(tenantId, id, toAction(body)),
    }),
  });
}

/** Known, checked by nobody, never silently ignored. */
function notYet(name: "start_recording" | "stop_recording"): Route {
  return keyedRoute({
    method: "post",
    path: `/v1/conferences/{id}/actions/${name}`,
    scope: "calls:write",
    input: z.looseObject({}),
    doc: {
      operationId: `conference_${name}`,
      summary: `Not carried out yet: ${name.replace("_", " ")}`,
      tag: "Conferences",
      success: { status: 200, schema: "Conference" },
      refusals: ["engine_not_configured"],
    },
    run: async () => {
      throw new CodedError("engine_not_configured", `${name} of a conference is not carried out by this version`);
    },
  });
}
