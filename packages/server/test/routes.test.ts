/** Trunks: failover, redirection, health, numbers, callers, limits. Gateways are phones on an emulated network. */
import { silentLog } from "@voepy/base";
import {
  headersOf,
  makeSipEndpoint,
  type RunningSipEndpoint,
  type SipEvent,
  type TracedMessage,
} from "@voepy/sip-stack";
import { type Phone, type PhoneOptions, sipOverUdp } from "@voepy/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { KEY, World } from "./world.ts";

const FROM = "+15125550100";
const TO = "+15558675309";
const OTHER = "+15125550101";
const SDP = "v=0\r\no=- 1 1 IN IP4 10.0.2.1\r\ns=-\r\nc=IN IP4 10.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";

const base = (routes: string, more = ""): string => `
sip: {listeners: [{transport: udp, host: 10.0.0.1, port: 5060}]}
media: {address: 10.0.0.1, ports: 20000-20999}
${more}
tenants:
  - id: default
    api_keys: [{name: test, key: ${KEY}}]
    webhooks: [{url: "http://hooks.test/", secret: "whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgdGVzdHM="}]
    default_route: main
    numbers:
      - {number: "${FROM}", route_id: main}
      - {number: "${OTHER}"}
    routes:
${routes}`;

const THREE = base(`
      - id: main
        options_ping_secs: 0
        gateways:
          - {host: 10.0.2.1, priority: 1}
          - {host: 10.0.2.2, priority: 2}
          - {host: 10.0.2.3, priority: 3}
`);

let world: World;
afterEach(() => world.close());

/** A gateway at 10.0.2.N; without `onCall` it rings. */
function gateway(n: number, more: Partial<PhoneOptions> = {}): Promise<Phone> {
  const address = `10.0.2.${n}`;
  return world.phone(`gw${n}`, { network: world.network.host(address), address, ...more });
}

const refusing =
  (status: number): NonNullable<PhoneOptions["onCall"]> =>
  (call) =>
    call.reject(status);
const answering: NonNullable<PhoneOptions["onCall"]> = (call) => call.answer();

async function dial(more: object = {}): Promise<{ status: number; id: string; code: string | undefined }> {
  const { status, body } = await world.api("POST", "/v1/calls", { from: FROM, to: TO, ...more });
  return { status, id: body.id, code: body.error?.code };
}

const header = (phone: Phone, name: string): string[] => headersOf({ headers: phone.call?.headers ?? [] }, name);

/** Sends a phone's 3xx or 503 with a header that `reject` has no place for. */
const refuseWith = (phone: () => Phone, status: number, headers: { name: string; value: string }[]) => {
  const onCall: NonNullable<PhoneOptions["onCall"]> = (call) => {
    phone().sip.refuse(call.session, { status, headers });
  };
  return onCall;
};

describe("failover", () => {
  test("a silent gateway and one that says 503 cost less than 6 s; the third has the call, once", async () => {
    world = await World.open("", THREE);
    const second = await gateway(2, { onCall: refusing(503) });
    const third = await gateway(3, { onCall: answering });
    const { id } = await dial();
    await world.clock.advance(6000);
    expect(await world.call(id)).toMatchObject({ status: "answered", route_id: "main" });
    expect(second.calls).toHaveLength(1);
    expect(third.calls.map(({ state }) => state)).toEqual(["answered"]);
    expect(world.eventsOf(id).filter((type) => type === "call.started")).toHaveLength(1);
    expect(world.eventsOf(id)).toEqual(["call.started", "call.answered"]);
  });

  test("the same through DNS: one gateway whose SRV records name three servers (RFC 3263 §4.3)", async () => {
    world = await World.open(
      "",
      base(`
      - {id: main, options_ping_secs: 0, gateways: [{host: sip.example, port: 0}]}
`),
    );
    const servers = [1, 2, 3].map((n) => ({ name: `s${n}.sip.example`, port: 5060, priority: n, weight: 0 }));
    world.srv.set("_sip._udp.sip.example", servers);
    for (const n of [1, 2, 3]) world.addresses.set(`s${n}.sip.example`, [`10.0.2.${n}`]);
    const second = await gateway(2, { onCall: refusing(503) });
    const third = await gateway(3, { onCall: answering });
    const { id } = await dial();
    await world.clock.advance(6000);
    expect(await world.call(id)).toMatchObject({ status: "answered" });
    expect([second.calls.length, third.calls.length]).toEqual([1, 1]);
    expect(third.call!.requestUri).toBe(`sip:${TO}@sip.example`);
    expect(world.eventsOf(id)).toEqual(["call.started", "call.answered"]);
  });

  test.each([
    [404, "not_found"],
    [486, "busy"],
    [603, "rejected"],
  ])("%i is the far end's word: no other gateway is tried", async (status, reason) => {
    world = await World.open("", THREE);
    await gateway(1, { onCall: refusing(status) });
    const second = await gateway(2, { onCall: answering });
    const { id } = await dial();
    await world.clock.advance(2000);
    expect(await world.call(id)).toMatchObject({ status: "failed", end_reason: reason, sip_code: status });
    expect(second.calls).toHaveLength(0);
  });

  test.each([
    [500, "carrier_error"],
    [480, "no_answer"],
  ])("with all gateways tried the last answer, %i, decides: %s", async (status, reason) => {
    world = await World.open("", THREE);
    await gateway(1, { onCall: refusing(503) });
    await gateway(2, { onCall: refusing(502) });
    await gateway(3, { onCall: refusing(status) });
    const { id } = await dial();
    await world.clock.advance(3000);
    expect(await world.call(id)).toMatchObject({ status: "failed", end_reason: reason, sip_code: status });
  });

  test("a gateway that said 503 with Retry-After is left alone that long", async () => {
    world = await World.open("", THREE);
    const first: Phone = await gateway(1, {
      onCall: refuseWith(() => first, 503, [{ name: "Retry-After", value: "60" }]),
    });
    const second = await gateway(2, { onCall: answering });
    await dial();
    await world.clock.advance(1000);
    await dial();
    await world.clock.advance(1000);
    expect([first.calls.length, second.calls.length]).toEqual([1, 2]);
    await world.clock.advance(60_000);
    await dial();
    await world.clock.advance(1000);
    expect(first.calls).toHaveLength(2);
  });

  test("the route that stands in is used when all gateways failed, and a circle of them ends", async () => {
    world = await World.open(
      "",
      base(`
      - {id: main, options_ping_secs: 0, gateways: [{host: 10.0.2.1}], failover_route_id: spare}
      - {id: spare, options_ping_secs: 0, gateways: [{host: 10.0.2.2}], failover_route_id: main}
`),
    );
    await gateway(1, { onCall: refusing(503) });
    const spare = await gateway(2);
    const { id } = await dial();
    await world.clock.advance(1000);
    expect(await world.call(id)).toMatchObject({ status: "ringing", route_id: "spare" });
    spare.call!.reject(503);
    await world.clock.advance(1000);
    expect(await world.call(id)).toMatchObject({ status: "failed", end_reason: "carrier_error" });
  });
});

describe("a redirection", () => {
  const routes = (follows: boolean): string =>
    base(`
      - {id: main, options_ping_secs: 0, follow_redirects: ${follows}, gateways: [{host: 10.0.2.1}]}
`);
  const to = (uri: string): { name: string; value: string }[] => [{ name: "Contact", value: `<${uri}>` }];

  test("is followed with the dialled number, only where the route says so", async () => {
    for (const follows of [true, false]) {
      world = await World.open("", routes(follows));
      const first: Phone = await gateway(1, { onCall: refuseWith(() => first, 302, to(`sip:${TO}@10.0.2.9:5060`)) });
      const other = await gateway(9, { onCall: answering });
      const { id } = await dial();
      await world.clock.advance(1000);
      expect(other.calls).toHaveLength(follows ? 1 : 0);
      expect(await world.call(id)).toMatchObject(
        follows ? { status: "answered" } : { status: "failed", end_reason: "carrier_error", sip_code: 302 },
      );
      if (follows) await world.close();
    }
  });

  test("to another number at a foreign host is not followed: toll fraud", async () => {
    world = await World.open("", routes(true));
    const first: Phone = await gateway(1, { onCall: refuseWith(() => first, 302, to("sip:+19005550000@10.0.2.9")) });
    const other = await gateway(9, { onCall: answering });
    const { id } = await dial();
    await world.clock.advance(1000);
    expect(other.calls).toHaveLength(0);
    expect(await world.call(id)).toMatchObject({ status: "failed", end_reason: "carrier_error" });
  });

  test("ends after three hops, and never goes in circles", async () => {
    world = await World.open("", routes(true));
    let asked = 0;
    const first: Phone = await gateway(1, {
      onCall: (call) => {
        asked++;
        first.sip.refuse(call.session, { status: 302, headers: to(`sip:hop${asked}@10.0.2.1:5060`) });
      },
    });
    const { id } = await dial();
    await world.clock.advance(2000);
    expect(asked).toBe(4);
    expect(await world.call(id)).toMatchObject({ status: "failed", end_reason: "carrier_error" });
  });
});

describe("health", () => {
  const routes = base(`
      - id: main
        options_ping_secs: 10
        gateways: [{host: 10.0.2.1, priority: 1}, {host: 10.0.2.2, priority: 2}]
`);
  const told = (): unknown[] =>
    world.hooks.received
      .filter(({ eventType }) => eventType.startsWith("route."))
      .map(({ eventType, data }) => [eventType, data["route_id"], (data["gateway"] as { host: string }).host]);

  test("a gateway that falls silent is told as down, tried last, and told as up when it is back", async () => {
    world = await World.open("", routes);
    const first = await gateway(1, { onCall: answering });
    const second = await gateway(2, { onCall: answering });
    await world.clock.advance(15_000);
    expect(told()).toEqual([]);
    await first.sip.close();
    await world.clock.advance(45_000);
    expect(told()).toEqual([["route.down", "main", "10.0.2.1"]]);
    expect(world.hooks.received.at(-1)).toMatchObject({
      data: { reason: "no answer to OPTIONS from 10.0.2.1" },
      problem: undefined,
    });
    const { id } = await dial();
    await world.clock.advance(500);
    expect(await world.call(id)).toMatchObject({ status: "answered" });
    expect(second.calls).toHaveLength(1);
    const back = await gateway(1, { onCall: answering });
    await world.clock.advance(11_000);
    expect(told().at(-1)).toEqual(["route.up", "main", "10.0.2.1"]);
    await dial();
    await world.clock.advance(500);
    expect(back.calls).toHaveLength(1);
  });

  test("is shown by the API, for a route that the API has just added too", async () => {
    world = await World.open("", routes);
    await gateway(1);
    await gateway(3);
    const added = await world.api("POST", "/v1/routes", { gateways: [{ host: "10.0.2.3" }], options_ping_secs: 5 });
    expect(added.status).toBe(201);
    await world.clock.advance(35_000);
    expect((await world.api("GET", "/v1/routes/main")).body.health).toEqual([
      { gateway: "10.0.2.1:5060", status: "up", reason: null },
      { gateway: "10.0.2.2:5060", status: "down", reason: "no answer to OPTIONS from 10.0.2.2" },
    ]);
    const shown = await world.api("GET", `/v1/routes/${added.body.id}`);
    expect(shown.body.health).toMatchObject([{ gateway: "10.0.2.3:5060", status: "up" }]);
  });

  test("all gateways down: they are called all the same", async () => {
    world = await World.open("", routes);
    await world.clock.advance(60_000);
    expect(told()).toHaveLength(2);
    const second = await gateway(2, { onCall: answering });
    const { id } = await dial();
    await world.clock.advance(5000);
    expect(second.calls).toHaveLength(1);
    expect(await world.call(id)).toMatchObject({ status: "answered" });
  });
});

describe("numbers and callers", () => {
  test("are written as the carrier wants them", async () => {
    world = await World.open(
      "",
      base(`
      - id: main
        options_ping_secs: 0
        gateways: [{host: 10.0.2.1}]
        number_format: national
        default_country_code: "1"
        prepend: "9"
        caller_number: {number_format: e164_no_plus}
        caller_id_header: pai
`),
    );
    const first = await gateway(1, { onCall: answering });
    await dial({ from_display_name: "Ann" });
    await world.clock.advance(500);
    expect(first.call!.requestUri).toBe("sip:95558675309@10.0.2.1:5060");
    expect(first.call!.from).toEqual({ uri: "sip:15125550100@10.0.0.1", displayName: "Ann" });
    expect(header(first, "p-asserted-identity")).toEqual(['"Ann" <sip:15125550100@10.0.0.1>']);
    expect(header(first, "privacy")).toEqual([]);
  });

  test("privacy: id hides the caller from the callee and names it to a trusted carrier (RFC 3325)", async () => {
    world = await World.open(
      "",
      base(`
      - {id: main, options_ping_secs: 0, gateways: [{host: 10.0.2.1}], caller_id_header: pai}
`),
    );
    const first = await gateway(1, { onCall: answering });
    await dial({ privacy: "id", from_display_name: "Ann" });
    await world.clock.advance(500);
    expect(first.call!.from).toEqual({ uri: "sip:anonymous@anonymous.invalid", displayName: "Anonymous" });
    expect(header(first, "privacy")).toEqual(["id"]);
    expect(header(first, "p-asserted-identity")).toEqual([`"Ann" <sip:${FROM}@10.0.0.1>`]);
  });

  test("of an incoming call are read as the route writes them, with diversion and custom headers", async () => {
    world = await World.open(
      "",
      base(`
      - {id: main, options_ping_secs: 0, gateways: [{host: 10.0.2.1}], default_country_code: "1", trust_pai: true}
`),
    );
    const trunk = await gateway(1);
    const headers = [
      { name: "P-Asserted-Identity", value: '"Bob" <sip:5550001111@10.0.2.1>' },
      { name: "Diversion", value: "<sip:+15125559999@10.0.2.1>;reason=unconditional" },
      { name: "X-Ticket", value: "42" },
      { name: "User-to-User", value: "abc;encoding=hex" },
      { name: "P-Secret", value: "no" },
    ];
    await trunk.dial("5125550100", { headers });
    await world.clock.advance(500);
    expect(world.eventData(world.lastStarted(), "call.started")).toMatchObject({
      from: "+15550001111",
      to: FROM,
      caller_name: "Bob",
      sip: { diversion: [{ uri: "sip:+15125559999@10.0.2.1", reason: "unconditional" }] },
      custom_headers: [
        { name: "X-Ticket", value: "42" },
        { name: "User-to-User", value: "abc;encoding=hex" },
      ],
    });
  });

  test("an asserted identity is not believed from a route that is not trusted, nor when privacy is asked for", async () => {
    for (const [trust, privacy] of [
      [false, "none"],
      [true, "id"],
    ]) {
      world = await World.open(
        "",
        base(`
      - {id: main, options_ping_secs: 0, gateways: [{host: 10.0.2.1}], trust_pai: ${trust}}
`),
      );
      const trunk = await gateway(1);
      const pai = { name: "P-Asserted-Identity", value: "<sip:+15550001111@10.0.2.1>" };
      await trunk.dial(FROM, { headers: [pai, { name: "Privacy", value: String(privacy) }] });
      await world.clock.advance(500);
      expect(world.eventData(world.lastStarted(), "call.started").from).toBe("sip:gw1@10.0.0.1");
      if (trust === false) await world.close();
    }
  });
});

describe("limits", () => {
  test("max_channels refuses the dial, or goes on to the route that stands in", async () => {
    world = await World.open(
      "",
      base(`
      - {id: main, options_ping_secs: 0, max_channels: 1, gateways: [{host: 10.0.2.1}]}
      - {id: other, options_ping_secs: 0, max_channels: 1, gateways: [{host: 10.0.2.1}], failover_route_id: main}
`),
    );
    const first = await gateway(1, { onCall: answering });
    const { id } = await dial();
    await world.clock.advance(500);
    expect(await dial()).toMatchObject({ status: 429, code: "concurrency_limit_exceeded" });
    expect(await dial({ route_id: "other" })).toMatchObject({ status: 201 });
    await world.clock.advance(500);
    expect(await dial({ route_id: "other" })).toMatchObject({ status: 429 });
    const incoming = await first.dial(FROM);
    await world.clock.advance(500);
    expect(incoming).toMatchObject({ state: "failed", status: 503 });
    await world.act(id, "hangup");
    await world.clock.advance(500);
    expect(await dial()).toMatchObject({ status: 201 });
  });

  test("a transfer over a full route fails and leaves the call up; over another it withholds the caller if asked", async () => {
    world = await World.open(
      "",
      base(`
      - {id: main, options_ping_secs: 0, max_channels: 1, gateways: [{host: 10.0.2.1}]}
      - {id: other, options_ping_secs: 0, gateways: [{host: 10.0.2.2}]}
`),
    );
    const first = await gateway(1);
    const second = await gateway(2, { onCall: answering });
    const caller = await first.dial(FROM);
    await world.clock.advance(500);
    const id = world.lastStarted();
    await world.act(id, "answer");
    await world.act(id, "transfer", { to: TO });
    await world.clock.advance(500);
    expect(world.eventData(id, "call.transfer_failed")).toMatchObject({ reason: "carrier_error", sip_code: 503 });
    expect(caller.state).toBe("answered");
    await world.act(id, "transfer", { to: TO, route_id: "other", privacy: "id" });
    await world.clock.advance(500);
    expect((await world.call(id)).status).toBe("bridged");
    expect(second.call!.from?.uri).toBe("sip:anonymous@anonymous.invalid");
    expect(header(second, "privacy")).toEqual(["id"]);
  });

  test("max_cps spaces the calls of a route, and refuses when more than two seconds of them wait", async () => {
    world = await World.open(
      "",
      base(`
      - {id: main, options_ping_secs: 0, max_cps: 2, gateways: [{host: 10.0.2.1}]}
`),
    );
    const first = await gateway(1);
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) statuses.push((await dial()).status);
    expect(statuses.slice(0, 5)).toEqual([201, 201, 201, 201, 201]);
    expect(statuses.at(-1)).toBe(429);
    await world.clock.advance(100);
    const early = first.calls.length;
    await world.clock.advance(1000);
    expect([early, first.calls.length]).toEqual([1, 3]);
  });

  test("the tenant's limits hold for a softphone that dials out as for the API", async () => {
    const users = '    sip_users: [{username: bob, password: builder, number: "+15125550198", outbound: true}]';
    const yaml = base(`
      - {id: main, options_ping_secs: 0, gateways: [{host: 10.0.2.1}]}
`).replace("    numbers:", `    quota: {max_concurrent_calls: 1}\n${users}\n    numbers:`);
    world = await World.open("", yaml);
    const first = await gateway(1, { onCall: answering });
    const bob = await world.softphone("bob");
    const calls = [await bob.dial(TO), await bob.dial(TO)];
    await world.clock.advance(1000);
    expect(calls.map(({ state, status }) => [state, status])).toEqual([
      ["answered", 200],
      ["failed", 503],
    ]);
    expect(first.calls.map(({ from }) => from?.uri)).toEqual(["sip:+15125550198@10.0.0.1"]);
  });

  test("the server's own calls a second hold for dials (429) and for callers (503)", async () => {
    world = await World.open(
      "",
      base(
        `
      - {id: main, options_ping_secs: 0, gateways: [{host: 10.0.2.1}]}
`,
        "limits: {cps: 2}",
      ),
    );
    const first = await gateway(1);
    expect((await dial()).status).toBe(201);
    expect((await dial()).status).toBe(201);
    expect(await dial()).toMatchObject({ status: 429, code: "cps_limit_exceeded" });
    const incoming = await first.dial(FROM);
    await world.clock.advance(300);
    expect(incoming).toMatchObject({ state: "failed", status: 503 });
    await world.clock.advance(1000);
    expect((await dial()).status).toBe(201);
  });
});

describe("a route that registers", () => {
  const account = (gateways: string): string =>
    base(`
      - id: main
        options_ping_secs: 0
        gateways: [${gateways}]
        auth: {mode: registration, username: acct, password: secret}
`);

  /** A registrar as carriers have it: challenges REGISTER, lets calls in and places them to contacts. */
  async function registrar(
    n: number,
    password = "secret",
  ): Promise<{ sip: RunningSipEndpoint; seen: TracedMessage[]; events: SipEvent[] }> {
    const seen: TracedMessage[] = [];
    const events: SipEvent[] = [];
    const address = `10.0.2.${n}`;
    const sip = await makeSipEndpoint({
      listeners: [{ transport: "udp", host: address, port: 5060 }],
      transports: sipOverUdp(world.network.host(address)),
      domain: address,
      userAgentName: "carrier",
      clock: world.clock,
      random: world.random,
      log: silentLog,
      hooks: {
        screen: ({ method }) => (method === "REGISTER" ? { type: "challenge" } : { type: "trust", label: "any" }),
        password: (username) => (username === "acct" ? password : undefined),
      },
      onEvent: (event) => events.push(event),
      trace: (message) => {
        if (message.direction === "received") seen.push(message);
      },
    });
    return { sip, seen, events };
  }

  const registers = (seen: readonly TracedMessage[]): string[] =>
    seen.map(({ bytes }) => Buffer.from(bytes).toString()).filter((text) => text.startsWith("REGISTER "));

  test("answers the challenge, refreshes, takes calls to its contact, and leaves when the server stops", async () => {
    world = await World.open("", account("{host: 10.0.2.1}"));
    const carrier = await registrar(1);
    await world.clock.advance(1500);
    const [binding] = carrier.sip.bindings("acct");
    expect(binding?.contactUri).toBe("sip:acct@10.0.0.1:5060");
    expect(registers(carrier.seen)).toHaveLength(2);
    const shown = await world.api("GET", "/v1/routes/main");
    expect(shown.body.registration).toMatchObject({ status: "registered", reason: null });
    expect(Date.parse(shown.body.registration.expires_at) - world.clock.wallMs()).toBeGreaterThan(3_590_000);
    await world.clock.advance(1_801_000);
    expect(registers(carrier.seen)).toHaveLength(4);
    const session = carrier.sip.invite({
      target: { transport: "udp", host: "10.0.0.1", port: 5060 },
      requestUri: binding!.contactUri,
      from: { uri: "sip:+15550001111@10.0.2.1", displayName: "" },
      to: { uri: `sip:${FROM}@10.0.2.1`, displayName: "" },
      sdp: SDP,
      headers: [],
    });
    await world.clock.advance(500);
    expect(world.eventData(world.lastStarted(), "call.started")).toMatchObject({ to: FROM, route_id: "main" });
    carrier.sip.cancel(session);
    await world.clock.resolve(world.server.close());
    expect(carrier.sip.bindings("acct")).toEqual([]);
    await carrier.sip.close();
  });

  test("asks the next gateway when the first is silent", async () => {
    world = await World.open("", account("{host: 10.0.2.1}, {host: 10.0.2.2}"));
    const carrier = await registrar(2);
    await world.clock.advance(12_000);
    expect(carrier.sip.bindings("acct")).toHaveLength(1);
    await carrier.sip.close();
  });

  test("refused is told once with the reason, tried again ever later, and told when it is back", async () => {
    world = await World.open("", account("{host: 10.0.2.1}"));
    const carrier = await registrar(1, "another");
    await world.clock.advance(300_000);
    const down = world.hooks.received.filter(({ eventType }) => eventType === "route.down");
    expect(down).toHaveLength(1);
    expect(down[0]?.data).toMatchObject({
      route_id: "main",
      gateway: null,
      reason: "registration: 401 Unauthorized: check username and password",
    });
    const tries = registers(carrier.seen).length / 2;
    expect(tries).toBeGreaterThanOrEqual(4);
    expect(tries).toBeLessThanOrEqual(5);
    await carrier.sip.close();
    const fixed = await registrar(1);
    await world.clock.advance(900_000);
    expect(world.hooks.received.filter(({ eventType }) => eventType === "route.up")).toHaveLength(1);
    await fixed.sip.close();
  });
});

describe("a trunk that proves itself by digest", () => {
  const PBX = base(`
      - {id: main, direction: in, auth: {mode: digest, username: pbx, password: secret}}
`);

  test("may call from any address and as any number", async () => {
    world = await World.open("", PBX);
    const pbx = await world.phone("+15550001111", { password: "unused" });
    await world.clock.advance(100);
    const stranger = await pbx.dial(FROM);
    await world.clock.advance(1000);
    expect(stranger).toMatchObject({ state: "failed", status: 401 });
    const trunk = await world.phone("pbx");
    trunk.sip.invite({
      target: { transport: "udp", host: "10.0.0.1", port: 5060 },
      requestUri: `sip:${FROM}@10.0.0.1`,
      from: { uri: "sip:+15550009999@pbx.example", displayName: "" },
      to: { uri: `sip:${FROM}@10.0.0.1`, displayName: "" },
      sdp: SDP,
      headers: [],
      credentials: { username: "pbx", password: "secret" },
    });
    await world.clock.advance(1000);
    expect(world.eventData(world.lastStarted(), "call.started")).toMatchObject({
      route_id: "main",
      from: "+15550009999",
      to: FROM,
    });
  });
});

describe("behind a NAT, with public_address by STUN", () => {
  test("peers outside are told the outside address, those in private networks the inside one", async () => {
    const yaml = base(`
      - {id: main, options_ping_secs: 0, gateways: [{host: 203.0.113.9}]}
      - {id: near, options_ping_secs: 0, gateways: [{host: 10.0.2.1}]}
`)
      .replace("sip: {", 'sip: {public_address: "stun:stun.test:3478", ')
      .replace("media: {", 'media: {public_address: "stun:stun.test:3478", ');
    world = await World.open("", yaml);
    const told: string[] = [];
    const trace = ({ direction, bytes }: TracedMessage): void => {
      if (direction === "received") told.push(Buffer.from(bytes).toString());
    };
    await gateway(1, { onCall: answering, trace });
    const address = "203.0.113.9";
    await world.phone("far", { network: world.network.host(address), address, onCall: answering, trace });
    await dial();
    await dial({ route_id: "near" });
    await world.clock.advance(200);
    const invites = told.filter((text) => text.startsWith("INVITE "));
    expect(invites.map((text) => /^Contact: <sip:voepy@([^:]+)/m.exec(text)?.[1])).toEqual([
      "198.51.100.5",
      "10.0.0.1",
    ]);
    expect(invites.map((text) => /^c=IN IP4 (\S+)/m.exec(text)?.[1])).toEqual(["198.51.100.5", "10.0.0.1"]);
    expect(invites.map((text) => /^Via: SIP\/2.0\/UDP ([^:]+)/m.exec(text)?.[1])).toEqual(["198.51.100.5", "10.0.0.1"]);
  });
});
