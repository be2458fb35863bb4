/** What the trace of a call tells, of whole calls in virtual time. */
import { readPcap } from "@voepy/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Answer, World } from "./world.ts";

const OTHER_KEY = "voepy_key_other_0123456789";
/** A tenant with two gateways: nobody is at the first. */
const OTHER_TENANT = `
  - id: other
    api_keys: [{name: other, key: ${OTHER_KEY}}]
    routes:
      - id: pair
        gateways: [{host: 10.0.0.66, port: 5060, priority: 1}, {host: 10.0.1.1, port: 5060, priority: 2}]
    numbers: [{number: "+15125550150", route_id: pair}]
`;

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const FROM = "+15125550100";

async function ladder(callId: string, headers: Record<string, string> = {}): Promise<Answer["body"]> {
  const answer = await world.api("GET", `/v1/calls/${callId}/trace`, undefined, headers);
  expect(answer.status).toBe(200);
  return answer.body;
}

const short = ({ direction, status, method }: Answer["body"]): string =>
  `${direction === "sent" ? "→" : "←"} ${status === null ? method : `${status} ${method}`}`;

test("an outbound call shows its whole dialog, after its end too, with times, addresses and leg", async () => {
  const alice = await world.softphone("alice");
  const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
  await world.clock.advance(100);
  alice.call!.ring();
  await world.clock.advance(400);
  alice.call!.answer();
  await world.clock.advance(2000);
  alice.call!.hangUp();
  await world.clock.advance(500);
  const trace = await ladder(body.id);
  expect(trace.messages.map(short)).toEqual([
    "→ INVITE",
    "← 100 INVITE",
    "← 180 INVITE",
    "← 180 INVITE",
    "← 200 INVITE",
    "→ ACK",
    "← BYE",
    "→ 200 BYE",
  ]);
  const [invite, , , ringing] = trace.messages;
  const { legs } = await world.call(body.id);
  expect(invite).toMatchObject({
    offset_ms: 0,
    transport: "udp",
    local: { address: "10.0.0.1", port: 5060 },
    remote: { address: "10.0.1.1", port: 5060 },
    cseq: 1,
    sip_call_id: legs[0].sip_call_id,
    leg_id: legs[0].id,
    retransmission: false,
  });
  expect(invite.text).toContain("m=audio ");
  expect(invite.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(ringing.offset_ms).toBeGreaterThanOrEqual(95);
});

test("a fork shows the INVITE to every contact, each under its own Call-ID, and the CANCEL", async () => {
  const desk = await world.softphone("alice");
  const mobile = await world.softphone("alice");
  const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
  await world.clock.advance(100);
  desk.call!.ring();
  mobile.call!.ring();
  await world.clock.advance(500);
  mobile.call!.answer();
  await world.clock.advance(500);
  const { messages } = await ladder(body.id);
  expect(messages.filter((one: Answer["body"]) => short(one) === "→ INVITE")).toHaveLength(2);
  expect(new Set(messages.map((one: Answer["body"]) => one.sip_call_id)).size).toBe(2);
  expect(messages.map(short)).toContain("→ CANCEL");
  expect(messages.map(short)).toContain("← 487 INVITE");
});

test("a gateway that said nothing is in the trace beside the one that answered, for its own tenant only", async () => {
  await world.close();
  world = await World.open(OTHER_TENANT);
  const headers = { authorization: `Bearer ${OTHER_KEY}` };
  const gateway = await world.phone("gateway");
  const dial = { from: "+15125550150", to: "+15558675309", route_id: "pair" };
  const { body } = await world.api("POST", "/v1/calls", dial, headers);
  await world.clock.advance(5000);
  gateway.call!.reject(486);
  await world.clock.advance(500);
  const { messages } = await ladder(body.id, headers);
  const sent = messages.filter((one: Answer["body"]) => short(one) === "→ INVITE");
  expect(sent.map((one: Answer["body"]) => [one.remote.address, one.retransmission])).toEqual([
    ["10.0.0.66", false],
    ["10.0.0.66", true],
    ["10.0.0.66", true],
    ["10.0.0.66", true],
    ["10.0.1.1", false],
  ]);
  expect(short(messages.at(-1))).toBe("→ ACK");
  expect((await world.api("GET", `/v1/calls/${body.id}/trace`)).status).toBe(404);
});

test("a call in is found with the INVITE that was challenged before the call was there, its digest masked", async () => {
  const bob = await world.softphone("bob");
  await bob.dial("+15125550101");
  await world.clock.advance(1000);
  const { messages } = await ladder(world.lastStarted());
  expect(messages.slice(0, 4).map(short)).toEqual(["← INVITE", "→ 401 INVITE", "← ACK", "← INVITE"]);
  const [credentials] = /^Authorization:.*$/m.exec(messages[3].text)!;
  expect(credentials).toContain('username="bob"');
  expect(credentials).toMatch(/response=\*+/);
  expect(credentials).not.toMatch(/response="?[0-9a-f]/);
});

test("the capture holds the same messages, readable by what reads pcap", async () => {
  const alice = await world.softphone("alice");
  const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
  await world.clock.advance(100);
  alice.call!.reject(486);
  await world.clock.advance(500);
  const answer = await world.api("GET", `/v1/calls/${body.id}/trace.pcap`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/vnd.tcpdump.pcap"]);
  expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="${body.id}.pcap"`);
  const packets = readPcap(answer.body);
  const { messages } = await ladder(body.id);
  expect(packets.map(({ payload }) => Buffer.from(payload).toString())).toEqual(
    messages.map(({ text }: Answer["body"]) => text),
  );
  expect(packets[0]).toMatchObject({ from: { address: "10.0.0.1" }, to: { address: "10.0.1.1", port: 5060 } });
});

test("there is no trace of a call that is not there, nor one for who may not read calls", async () => {
  for (const path of ["trace", "trace.pcap"]) {
    expect((await world.api("GET", `/v1/calls/voepy_call_none/${path}`)).status).toBe(404);
    const stranger = await world.api("GET", `/v1/calls/x/${path}`, undefined, { authorization: "Bearer voepy_key_no" });
    expect(stranger.status).toBe(401);
  }
});
