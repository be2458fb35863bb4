import { CodedError } from "@voepy/base";
import { verbs } from "@voepy/call-control";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { call as callSchema, event as eventSchema } from "../src/openapi/resources.ts";
import { verbExamples } from "../src/routes/call-actions.ts";
import { START_MS } from "./clock.ts";
import { errorOf, jsonOf, listOf, resourceOf } from "./read.ts";
import { aCall, aRecording, KEYS, makeWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const others = { headers: { authorization: `Bearer ${KEYS.other}` } };

describe("POST /v1/calls", () => {
  test("takes the example of the reference and answers 201 with the whole Call", async () => {
    const body = {
      from: "+15125550100",
      to: "+15558675309",
      record: "off",
      customer_reference: "cart-abc-123",
      timeout_secs: 30,
    };
    const answer = await world.ask("/v1/calls", { method: "POST", body });
    expect(answer.status).toBe(201);
    const call = await jsonOf(answer);
    expect(call).toMatchObject({
      direction: "outbound",
      status: "initiated",
      cost_cents: null,
      legs: [],
      recordings: [],
    });
    expect(callSchema.parse(call)).toEqual(call);
    expect(world.calls.dialled[0]).toMatchObject({ ...body, record_channels: "single", record_format: "mp3" });
  });

  test("leaves one line in the log, with the ids of request and call and no number", async () => {
    const body = { from: "+15125550100", to: "+15558675309" };
    const answer = await world.ask("/v1/calls", { method: "POST", body, headers: { "x-request-id": "r1" } });
    const { id } = await resourceOf(answer);
    expect(world.logged).toMatchObject([{ fact: "api request", fields: { requestId: "r1", callId: id, status: 201 } }]);
    expect(JSON.stringify(world.logged)).not.toMatch(/15125550100|15558675309|voepy_key_all/);
  });

  test("hands on what call control refuses", async () => {
    world.calls.refuse = new CodedError("from_number_not_owned", "not yours", { param: "from" });
    const answer = await world.ask("/v1/calls", { method: "POST", body: { from: "+15125550100", to: "+15558675309" } });
    expect(answer.status).toBe(403);
    expect(await errorOf(answer)).toMatchObject({ code: "from_number_not_owned", param: "from" });
  });
});

describe("GET /v1/calls/{id}", () => {
  test("shows the Call of the reference, with legs and recordings", async () => {
    const call = aCall("voepy_call_A", {
      status: "ended",
      routeId: "voepy_route_main",
      answeredAt: START_MS + 4120,
      endedAt: START_MS + 42_880,
      endReason: "completed",
      endInitiator: "callee",
      customerReference: "cart-abc-123",
      costCents: 12,
      ratingStatus: "rated",
    });
    const leg = {
      id: "voepy_leg_A",
      callId: "voepy_call_A",
      direction: "outbound",
      status: "ended",
      from: call.from,
      to: call.to,
      sipCallId: "x@y",
      startedAt: START_MS,
      answeredAt: START_MS + 4120,
      endedAt: START_MS + 42_880,
      endReason: "completed",
    } as const;
    await world.store.commit({ calls: [call], legs: [leg], recordings: [aRecording("voepy_rec_A")] });
    const shown = await jsonOf(await world.ask("/v1/calls/voepy_call_A"));
    expect(callSchema.parse(shown)).toEqual(shown);
    expect(shown).toMatchObject({
      id: "voepy_call_A",
      direction: "outbound",
      status: "ended",
      from: "+15125550100",
      to: "+15558675309",
      route_id: "voepy_route_main",
      initiated_at: "2026-05-12T14:32:18.000Z",
      answered_at: "2026-05-12T14:32:22.120Z",
      ended_at: "2026-05-12T14:33:00.880Z",
      end_reason: "completed",
      end_initiator: "callee",
      customer_reference: "cart-abc-123",
      cost_cents: 12,
      rating_status: "rated",
      legs: [{ id: "voepy_leg_A", call_id: "voepy_call_A" }],
      recordings: [{ id: "voepy_rec_A", channels: "dual", duration_seconds: 42, size_bytes: 671_088 }],
    });
  });

  test("of another tenant is as unknown as none", async () => {
    await world.store.commit({ calls: [aCall("voepy_call_A")] });
    for (const answer of [
      await world.ask("/v1/calls/voepy_call_A", others),
      await world.ask("/v1/calls/voepy_call_A/events", others),
      await world.ask("/v1/calls/voepy_call_B"),
    ])
      expect((await errorOf(answer)).code).toBe("not_found");
  });

  test("answers HEAD with the head alone", async () => {
    await world.store.commit({ calls: [aCall("voepy_call_A")] });
    const answer = await world.ask("/v1/calls/voepy_call_A", { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });
});

describe("GET /v1/calls", () => {
  const ids = async (query: string) => (await listOf(await world.ask(`/v1/calls${query}`))).data.map(({ id }) => id);

  beforeEach(async () => {
    const at = (secs: number) => ({ initiatedAt: START_MS + secs * 1000 });
    await world.store.commit({
      calls: [
        aCall("voepy_call_1", { ...at(1), direction: "inbound", status: "ended", endedAt: START_MS + 9000 }),
        aCall("voepy_call_2", { ...at(2), from: "+15125550111", customerReference: "ref" }),
        aCall("voepy_call_3", { ...at(3), to: "+15125550122" }),
        aCall("voepy_call_4", { ...at(4), tenantId: "other" }),
      ],
    });
  });

  test("is newest first, of one's own tenant only, and shows rows without legs", async () => {
    const page = await listOf(await world.ask("/v1/calls"));
    expect(page.data.map(({ id }) => id)).toEqual(["voepy_call_3", "voepy_call_2", "voepy_call_1"]);
    expect(page).toMatchObject({ next_cursor: null, has_more: false });
    expect(page.data[0]).not.toHaveProperty("legs");
    expect((await listOf(await world.ask("/v1/calls", others))).data).toHaveLength(1);
  });

  test.each([
    ["?status=ended", ["voepy_call_1"]],
    ["?direction=inbound", ["voepy_call_1"]],
    ["?from_number=+15125550111", ["voepy_call_2"]],
    ["?from_number=%2B15125550111", ["voepy_call_2"]],
    ["?to_number=%2B15125550122&direction=outbound", ["voepy_call_3"]],
    ["?customer_reference=ref", ["voepy_call_2"]],
    ["?initiated_after=2026-05-12T16:32:20.500+02:00", ["voepy_call_3"]],
    ["?initiated_before=2026-05-12T14:32:19.500Z", ["voepy_call_1"]],
    ["?status=failed", []],
  ])("%s", async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  test("pages by cursor without a hole or a repeat while calls come in", async () => {
    const first = await listOf(await world.ask("/v1/calls?limit=2"));
    expect(first.has_more).toBe(true);
    await world.store.commit({ calls: [aCall("voepy_call_9", { initiatedAt: START_MS + 9000 })] });
    const second = await listOf(await world.ask(`/v1/calls?limit=2&cursor=${first.next_cursor}`));
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual([
      "voepy_call_3",
      "voepy_call_2",
      "voepy_call_1",
    ]);
    expect(second).toMatchObject({ next_cursor: null, has_more: false });
  });

  test.each([["limit=0"], ["limit=201"], ["limit=ten"], ["limit=1e2"], ["limit="], ["cursor=forged"], ["cursor="]])(
    "refuses %s",
    async (query) => {
      const error = await errorOf(await world.ask(`/v1/calls?${query}`));
      expect(error).toMatchObject({ code: "invalid_request", param: query.split("=")[0] });
    },
  );

  test("refuses a status, a time and a direction that are none, all at once", async () => {
    const error = await errorOf(await world.ask("/v1/calls?status=over&initiated_after=yesterday&direction=up"));
    expect(error.details?.errors?.map(({ param }) => param)).toEqual(["status", "direction", "initiated_after"]);
  });
});

describe("GET /v1/calls/{id}/events", () => {
  test("is the timeline, as the webhooks told it", async () => {
    const event = (sequence: number, eventType: string) => ({
      id: `voepy_evt_${sequence}`,
      tenantId: "default",
      callId: "voepy_call_A",
      eventType,
      occurredAt: START_MS + sequence,
      sequence,
      data: JSON.stringify({ call_id: "voepy_call_A", status: "initiated" }),
      webhookUrl: null,
    });
    await world.store.commit({
      calls: [aCall("voepy_call_A")],
      events: [event(1, "call.started"), event(2, "call.answered")],
    });
    const { data } = await listOf(await world.ask("/v1/calls/voepy_call_A/events"));
    expect(data.map((row) => eventSchema.parse(row))).toEqual(data);
    expect(data).toMatchObject([
      {
        event_type: "call.started",
        sequence: 1,
        occurred_at: "2026-05-12T14:32:18.001Z",
        data: { status: "initiated" },
      },
      { event_type: "call.answered", sequence: 2 },
    ]);
  });
});

describe("POST /v1/calls/{id}/actions/{verb}", () => {
  const act = (verb: string, body: unknown) =>
    world.ask(`/v1/calls/voepy_call_A/actions/${verb}`, { method: "POST", body });

  beforeEach(() => world.store.commit({ calls: [aCall("voepy_call_A")] }));

  test("reaches every verb of the table, with each body of the reference", async () => {
    for (const { name } of verbs) {
      for (const body of Object.values(verbExamples[name] ?? { empty: {} })) {
        const answer = await act(name, body);
        expect([name, body, answer.status]).toEqual([name, body, 200]);
        expect((await resourceOf(answer)).id).toBe("voepy_call_A");
        expect(world.calls.acts.at(-1)).toMatchObject({ verb: name, callId: "voepy_call_A" });
      }
    }
  });

  test("hands on the body with its defaults", async () => {
    await act("send_dtmf", { digits: "1234#" });
    expect(world.calls.acts).toEqual([
      { verb: "send_dtmf", callId: "voepy_call_A", body: { digits: "1234#", duration_millis: 160 } },
    ]);
  });

  test("takes no body for an empty one", async () => {
    expect((await world.ask("/v1/calls/voepy_call_A/actions/hangup", { method: "POST" })).status).toBe(200);
  });

  test("is 404 for a verb that is none, however it is named", async () => {
    for (const verb of ["fly", "constructor", "__proto__", "HANGUP", "hangup%2F..", ""])
      expect((await errorOf(await act(verb, {}))).code).toBe("not_found");
    expect(world.calls.acts).toEqual([]);
  });

  test("names the wrong field and does nothing", async () => {
    const error = await errorOf(await act("reject", { cause: "boredom", extra: 1 }));
    expect(error.details?.errors?.map(({ param }) => param)).toEqual(["cause", "extra"]);
    expect(world.calls.acts).toEqual([]);
  });

  test("hands on the details of a refused state", async () => {
    const details = { status: "ended", allowed_from: ["answered"] };
    world.calls.refuse = new CodedError("call_already_ended", "over", { details });
    const answer = await act("hangup", {});
    expect(answer.status).toBe(409);
    expect((await errorOf(answer)).details).toEqual(details);
  });
});

describe("POST /v1/sandbox/calls", () => {
  const place = (at: World, body: unknown) => at.ask("/v1/sandbox/calls", { method: "POST", body });

  test("asks the sandbox for a call to one of the tenant's numbers", async () => {
    const placed: unknown[] = [];
    const sandbox = {
      place: async (tenantId: string, call: unknown) => {
        placed.push([tenantId, call]);
        return { id: "voepy_sbx_1" };
      },
    };
    const own = await makeWorld({ sandbox });
    const answer = await place(own, { to: "+15125550100", scenario: "echo" });
    expect([answer.status, await answer.json()]).toEqual([201, { id: "voepy_sbx_1" }]);
    expect(placed).toEqual([["default", { to: "+15125550100", from: undefined, scenario: "echo" }]]);
    expect((await errorOf(await place(own, { to: "alice" }))).param).toBe("to");
    await own.close();
  });

  test("is 501 where there is none", async () => {
    expect((await place(world, { to: "+15125550100" })).status).toBe(501);
  });
});
