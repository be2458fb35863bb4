/** What a call tells of its media, and whether it is encrypted, over the API and in webhooks. */
import { afterEach, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const FROM = "+15125550100";
const ECHO = "+15125550101";
const ALICE = "+15125550199";

/** A tenant whose one route has this `srtp`; its gateway is at 10.0.0.9. */
const routed = (srtp: string): string => `
  - id: other
    api_keys: [{name: other, key: voepy_key_other_0123456789}]
    routes:
      - id: main
        srtp: ${srtp}
        options_ping_secs: 0
        allowed_source_cidrs: [10.0.0.9/32]
        gateways: [{host: 10.0.0.9, port: 5060}]
    numbers: [{number: "+15125550150", route_id: main, inbound_action: {type: echo}}]
`;
const OTHER = { authorization: "Bearer voepy_key_other_0123456789" };

async function stats(callId: string) {
  const { status, body } = await world.api("GET", `/v1/calls/${callId}/stats`);
  expect(status).toBe(200);
  return body;
}

test("figures of both directions are there while a call lives, and the last ones after it", async () => {
  world = await World.open();
  const trunk = await world.phone("trunk");
  const call = await trunk.dial(ECHO);
  call.media.sayTone(440);
  await world.clock.advance(8000);
  const id = world.lastStarted();
  const live = await stats(id);
  expect(live).toMatchObject({ call_id: id, is_live: true });
  const [leg] = live.legs;
  expect(leg).toMatchObject({ codec: "PCMU", path: "echo", rtt_ms: null, tx: { lost: null, mos: null } });
  expect(leg.describe).toContain("pt0 PCMU");
  expect(leg.rx.packets).toBeGreaterThan(380);
  expect(leg.tx.packets).toBe(leg.rx.packets);
  expect(leg.rx).toMatchObject({ lost: 0, discarded: 0, foreign: 0 });
  expect(leg.rx.mos).toBeGreaterThan(4.3);
  call.hangUp();
  await world.clock.advance(500);
  const last = await stats(id);
  expect(last).toMatchObject({ is_live: false, legs: [{ leg_id: leg.leg_id }] });
  expect(last.legs[0].rx.packets).toBeGreaterThanOrEqual(leg.rx.packets);
  expect((await world.api("GET", "/v1/calls/voepy_call_none/stats")).status).toBe(404);
});

test("a party that never sends audio is told of once, with its leg and figures", async () => {
  world = await World.open();
  const alice = await world.softphone("alice");
  const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: ALICE });
  await world.clock.advance(200);
  alice.call!.answer();
  alice.call!.media.hush();
  await world.clock.advance(60_000);
  expect(world.eventsOf(body.id).filter((type) => type === "call.media_warning")).toHaveLength(1);
  const { legs } = await world.call(body.id);
  expect(world.eventData(body.id, "call.media_warning")).toMatchObject({
    reason: "no_rtp",
    leg_id: legs[0].id,
    stats: { rx: { packets: 0, mos: null } },
  });
});

test("a call whose parties both speak brings no warning", async () => {
  world = await World.open();
  const trunk = await world.phone("trunk");
  const call = await trunk.dial(ECHO);
  call.media.sayTone(440);
  await world.clock.advance(60_000);
  expect(world.eventsOf(world.lastStarted())).not.toContain("call.media_warning");
});

test("a route that requires encryption offers nothing else, and what is answered in the clear fails (RFC 4568)", async () => {
  world = await World.open(routed("required"));
  const carrier = await world.phone("carrier", { address: "10.0.0.9", network: world.network.host("10.0.0.9") });
  const { body } = await world.api("POST", "/v1/calls", { from: "+15125550150", to: "+13125550123" }, OTHER);
  await world.clock.advance(300);
  // The phone of this test speaks plain RTP only.
  carrier.call?.answer();
  await world.clock.advance(1000);
  expect((await world.api("GET", `/v1/calls/${body.id}`, undefined, OTHER)).body).toMatchObject({ status: "failed" });
  const { messages } = (await world.api("GET", `/v1/calls/${body.id}/trace`, undefined, OTHER)).body;
  expect(messages[0].text).toMatch(/^m=audio \d+ RTP\/SAVP /m);
  expect(messages[0].text).toMatch(/^a=crypto:1 AES_CM_128_HMAC_SHA1_80 \*+\r$/m);
  expect(messages[0].text).not.toMatch(/inline:[A-Za-z0-9]/);
});

test("a route that requires encryption refuses a caller without (488)", async () => {
  world = await World.open(routed("required"));
  const carrier = await world.phone("carrier", { address: "10.0.0.9", network: world.network.host("10.0.0.9") });
  const call = await carrier.dial("+15125550150");
  await world.clock.advance(1000);
  expect(call.state).toBe("failed");
  expect(call.media.packets).toEqual([]);
});

test.each(["off", "optional"])("a route with srtp %s offers plain RTP", async (srtp) => {
  world = await World.open(routed(srtp));
  const { body } = await world.api("POST", "/v1/calls", { from: "+15125550150", to: "+13125550123" }, OTHER);
  await world.clock.advance(300);
  const { messages } = (await world.api("GET", `/v1/calls/${body.id}/trace`, undefined, OTHER)).body;
  expect(messages[0].text).toMatch(/^m=audio \d+ RTP\/AVP /m);
  expect(messages[0].text).not.toContain("a=crypto");
  expect(messages[0].text).toContain("a=rtcp-mux");
});
