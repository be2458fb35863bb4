/** Session timers of a route (RFC 4028), as the carrier's end sees them. */
import { headerOf, parseMessage } from "@voepy/sip-stack";
import { afterEach, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
afterEach(() => world.close());

/** The INVITE that reaches the carrier of a route with this setting. */
async function inviteWith(setting: string): Promise<{ sessionExpires: string | undefined; supported: string }> {
  world = await World.open();
  const route = await world.api("POST", "/v1/routes", {
    gateways: [{ host: "10.0.0.7", port: 5060 }],
    session_timers: setting,
  });
  expect(route).toMatchObject({ status: 201, body: { session_timers: setting } });
  const invites: Uint8Array[] = [];
  await world.phone("trunk", {
    trace: ({ direction, bytes }) => {
      if (direction === "received" && Buffer.from(bytes).toString().startsWith("INVITE")) invites.push(bytes);
    },
  });
  await world.api("POST", "/v1/calls", { from: "+15125550100", to: "+15558675309", route_id: route.body.id });
  await world.clock.advance(500);
  const parsed = parseMessage(invites[0]!, { stream: false });
  if (!parsed.ok) throw new Error(parsed.problem);
  return {
    sessionExpires: headerOf(parsed.message, "session-expires"),
    supported: headerOf(parsed.message, "supported") ?? "",
  };
}

test("off: the extension is not known (§4)", async () => {
  const { sessionExpires, supported } = await inviteWith("off");
  expect(sessionExpires).toBeUndefined();
  expect(supported).not.toContain("timer");
});

test("accept: said to be known, kept where the peer asks (§7.1)", async () => {
  const { supported } = await inviteWith("accept");
  expect(supported).toContain("timer");
});

test("require: asked for in the INVITE (§7.1)", async () => {
  const { sessionExpires, supported } = await inviteWith("require");
  expect(sessionExpires).toMatch(/^1800/);
  expect(supported).toContain("timer");
});
