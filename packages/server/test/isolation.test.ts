/**
 * Two tenants on one server, the first with something of everything there is. Every operation of the OpenAPI document is
 * asked by the second, with the first one's ids: it finds nothing, changes nothing, and reads no word of the first's.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { World } from "./world.ts";

const OTHER_KEY = "voepy_key_other_tenant_0123";
const OTHER = { authorization: `Bearer ${OTHER_KEY}` };
const ADMIN_KEY = "voepy_admin_0123456789";

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly scope: string | undefined;
  readonly example: unknown;
}

/** What is read of an operation of the document. */
interface Described {
  readonly operationId: string;
  readonly "x-scope"?: string;
  readonly requestBody?: {
    readonly content: Record<string, { readonly examples?: Record<string, { readonly value: unknown }> }>;
  };
}

/** Bodies of operations that need one and show no example. */
const BODIES: Readonly<Record<string, unknown>> = {
  conference_mute: { call_id: "voepy_call_00000000000000000000000000" },
  conference_unmute: { call_id: "voepy_call_00000000000000000000000000" },
  conference_kick: { call_id: "voepy_call_00000000000000000000000000" },
  conference_play: { url: "https://example.com/a.wav" },
  conference_speak: { payload: "Hello", voice: "Polly.Joanna" },
};

let world: World;
let operations: readonly Operation[];
/** Ids of the first tenant by the path they are found under: `/v1/calls/{id}`. */
const ids = new Map<string, string>();
/** Words that only the first tenant may read. */
const secrets: string[] = ["+15125550100", "+15125550199", "alice", "hooks.test"];

async function make(path: string, body: unknown): Promise<string> {
  const answer = await world.api("POST", path, body);
  expect([path, answer.status]).toEqual([path, 201]);
  ids.set(`${path}/{id}`, answer.body.id);
  secrets.push(answer.body.id);
  if (answer.body.name !== undefined) secrets.push(answer.body.name);
  return answer.body.id;
}

beforeAll(async () => {
  world = await World.open(
    [`  - {id: other, api_keys: [{name: other, key: ${OTHER_KEY}}]}`, `api: {admin_key: ${ADMIN_KEY}}`, ""].join("\n"),
  );
  const document = (await world.api("GET", "/openapi.json")).body;
  operations = Object.entries<Record<string, Described>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, "x-scope": scope, requestBody }]) => {
      const examples = Object.values(requestBody?.content["application/json"]?.examples ?? {});
      return { method: method.toUpperCase(), path, id, scope, example: examples[0]?.value };
    }),
  );
  await make("/v1/phone_numbers", { number: "+15125550177" });
  await make("/v1/routes", { direction: "in" });
  await make("/v1/sip_users", { username: "carol" });
  await make("/v1/api_keys", { name: "a key of the first" });
  await make("/v1/webhooks", { url: "https://first.example/", events: ["recording.*"] });
  world.files.set(
    "https://example.com/a.ogg",
    Buffer.from(
      "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x02\0\0\0\0\0",
      "latin1",
    ),
  );
  await make("/v1/media", { name: "jingle of the first", url: "https://example.com/a.ogg" });
  await make("/v1/conferences", { name: "the board of the first" });
  const call = { from: "+15125550100", to: "+15005550001", route_id: "voepy_route_sandbox", record: "on_answer" };
  const finished = await make("/v1/calls", call);
  await world.clock.until(() => world.eventsOf(finished).includes("call.answered"));
  await world.act(finished, "hangup");
  const { recording } = await world.eventually(finished, "recording.completed");
  ids.set("/v1/recordings/{id}", recording.id);
  secrets.push(recording.id, finished);
  const live = await make("/v1/calls", call);
  await world.clock.until(() => world.eventsOf(live).includes("call.answered"));
  const { legs } = (await world.api("GET", `/v1/calls/${live}`)).body;
  secrets.push(legs[0].id);
  const events = (await world.api("GET", "/v1/events")).body.data;
  secrets.push(...events.map(({ id }: { id: string }) => id));
});
afterAll(() => world.close());

const keyed = () => operations.filter(({ scope }) => scope !== undefined && scope !== "admin");
/** The path with the first tenant's ids in it. */
function aimed({ path }: Operation, deliveryId: string): string | undefined {
  const base = [...ids].find(([known]) => path === known || path.startsWith(`${known}/`));
  if (base === undefined) return path.includes("{") ? undefined : path;
  return path.replace("{id}", base[1]).replace("{delivery_id}", deliveryId);
}
const hasSecret = (text: string) => secrets.filter((secret) => text.includes(secret));

async function deliveryOfFirst(): Promise<string> {
  const webhook = ids.get("/v1/webhooks/{id}") ?? "";
  return (await world.api("POST", `/v1/webhooks/${webhook}/test`)).body.id;
}

test("every resource that has an id is there for the first tenant, and is not there for the second", async () => {
  const delivery = await deliveryOfFirst();
  const own = keyed().filter(({ path }) => path.includes("{id}"));
  const unaimed = own.filter((operation) => aimed(operation, delivery) === undefined);
  expect(unaimed.map(({ path }) => path)).toEqual([]);
  for (const operation of own.filter(({ method }) => method === "GET")) {
    const answer = await world.api("GET", aimed(operation, delivery) ?? "");
    expect([operation.id, answer.status]).toEqual([operation.id, 200]);
  }
  for (const operation of own) {
    const body =
      operation.method === "GET" || operation.method === "DELETE"
        ? undefined
        : (operation.example ?? BODIES[operation.id] ?? {});
    const path = aimed(operation, delivery) ?? "";
    const ask = async (where: string) => {
      const { status, body: said } = await world.api(operation.method, where, body, OTHER);
      return [operation.id, status, said?.error?.code, String(said?.error?.message).replaceAll(/voepy_\w+/g, "ID")];
    };
    const answer = await ask(path);
    const isNotBuilt = answer[1] === 501;
    expect(answer.slice(0, 3)).toEqual(isNotBuilt ? answer.slice(0, 3) : [operation.id, 404, "not_found"]);
    // It reads just as if nobody had it.
    expect(answer).toEqual(await ask(path.replaceAll(/(voepy_[a-z]+_)\w{3}/g, "$1ZZZ")));
  }
  // Nothing of it was done.
  for (const operation of own.filter(({ method }) => method === "GET"))
    expect((await world.api("GET", aimed(operation, delivery) ?? "")).status).toBe(200);
});

test("no list of the second tenant has anything of the first", async () => {
  const lists = keyed().filter(
    ({ method, path }) => method === "GET" && !path.includes("{") && !path.endsWith("/stream"),
  );
  expect(lists.length).toBeGreaterThan(8);
  for (const { path, id } of lists) {
    const answer = await world.api("GET", path, undefined, OTHER);
    expect([id, answer.status]).toEqual([id, 200]);
    expect([id, hasSecret(JSON.stringify(answer.body))]).toEqual([id, []]);
  }
  const finished = ids.get("/v1/calls/{id}");
  const recordings = await world.api("GET", `/v1/recordings?call_id=${finished}`, undefined, OTHER);
  expect(recordings.body.data).toEqual([]);
});

test("no cursor and no place in the events leads from one tenant to the other", async () => {
  const cursor = (await world.api("GET", "/v1/calls?limit=1")).body.next_cursor;
  const page = await world.api("GET", `/v1/calls?cursor=${cursor}`, undefined, OTHER);
  expect(page.body.data).toEqual([]);
  const [event] = (await world.api("GET", "/v1/events?limit=1")).body.data;
  const after = await world.api("GET", `/v1/events?after=${event.id}`, undefined, OTHER);
  expect(after.body.error.param).toBe("after");
});

test("the second tenant's stream is silent while the first one's call goes on", async () => {
  const headers = { authorization: `Bearer ${OTHER_KEY}`, "last-event-id": "none" };
  const response = await world.server.api.app.request("http://voepy.test/v1/events/stream", { headers });
  const reader = response.body?.getReader();
  const next = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await next()).toBe("retry: 2000\n\n");
  const first = next();
  const live = ids.get("/v1/calls/{id}") ?? "";
  await world.act(live, "send_dtmf", { digits: "1" });
  await world.act(live, "hangup");
  await world.clock.advance(16_000);
  expect(await first).toBe(": still here\n\n");
  await reader?.cancel();
});

test("what the first tenant owns is not the second one's to call from, route through or take", async () => {
  const refusals: readonly [string, string, unknown, string][] = [
    ["POST", "/v1/calls", { from: "+15125550100", to: "+15005550001" }, "from_number_not_owned"],
    ["POST", "/v1/phone_numbers", { number: "+15125550100" }, "invalid_request"],
    ["POST", "/v1/phone_numbers", { number: "+15125550144", route_id: "trunk" }, "invalid_request"],
    ["POST", "/v1/routes", { failover_route_id: "trunk" }, "invalid_request"],
    ["POST", "/v1/sip_users", { username: "alice" }, "invalid_request"],
    ["POST", "/v1/sandbox/calls", { to: "+15125550100" }, "not_found"],
  ];
  for (const [method, path, body, code] of refusals)
    expect([path, (await world.api(method, path, body, OTHER)).body?.error?.code]).toEqual([path, code]);
});

test("what is the admin's is no tenant's", async () => {
  const admin = operations.filter(({ scope }) => scope === "admin");
  expect(admin.length).toBeGreaterThan(4);
  for (const { method, path, id, example } of admin) {
    const body = method === "GET" || method === "DELETE" ? undefined : (example ?? {});
    for (const headers of [{}, OTHER]) {
      const answer = await world.api(method, path.replace("{id}", "default"), body, headers);
      expect([id, answer.status, answer.body?.error?.code]).toEqual([id, 403, "forbidden"]);
    }
  }
});
