import type { GatewayRecord, RouteRecord, Settings } from "@voepy/store";
import { describe, expect, test } from "vitest";
import { makeDirectory, SHARED } from "./directory.ts";
import { destinationOf, orderGateways, type RouteQuestion } from "./route.ts";

const gateway = (host: string, priority: number, weight: number): GatewayRecord => ({
  host,
  port: 5060,
  transport: "udp",
  priority,
  weight,
});
const route = (id: string, tenantId: string, direction: RouteRecord["direction"] = "both"): RouteRecord => ({
  id,
  tenantId,
  direction,
  gateways: [gateway(`${id}.example`, 1, 1)],
  auth: { mode: "none" },
  allowedSourceCidrs: [],
  codecs: ["PCMU"],
});

const settings = (routes: RouteRecord[], defaultRoute: string | null = null): Settings => ({
  tenants: [{ id: "one", allowCallerIdForwarding: false, maxConcurrentCalls: 1, maxCps: 1, defaultRoute }],
  numbers: [],
  routes,
  sipUsers: [{ id: "u", tenantId: "one", username: "alice", password: "x", number: "+15125550199", outbound: false }],
});

function ask(rows: Settings, question: Partial<RouteQuestion>) {
  return destinationOf(
    makeDirectory(rows),
    { tenantId: "one", to: "+15558675309", routeId: undefined, uri: undefined, domain: "voepy.local", ...question },
    () => 0,
  );
}

describe("where a call goes", () => {
  test("to a user by number or by address of our domain", () => {
    expect(ask(settings([]), { to: "+15125550199" })).toEqual({ type: "user", username: "alice" });
    const uri = { user: "alice", host: "voepy.local", port: undefined, transport: undefined };
    expect(ask(settings([]), { to: "sip:alice@voepy.local", uri })).toEqual({ type: "user", username: "alice" });
  });

  test("another tenant's user does not exist", () => {
    const uri = { user: "alice", host: "voepy.local", port: undefined, transport: undefined };
    expect(ask(settings([]), { tenantId: "two", uri })).toMatchObject({ type: "nowhere", reason: "not_found" });
  });

  test("the shared route serves only while the tenant has none of its own", () => {
    expect(ask(settings([route("sandbox", SHARED)]), {})).toMatchObject({ type: "gateways", route: { id: "sandbox" } });
    expect(ask(settings([route("sandbox", SHARED), route("main", "one")]), {})).toMatchObject({
      route: { id: "main" },
    });
    expect(ask(settings([route("sandbox", SHARED), route("entry", "one", "in")]), {})).toMatchObject({
      route: { id: "sandbox" },
    });
  });

  test("the tenant's default route wins", () => {
    expect(ask(settings([route("a", "one"), route("b", "one")], "b"), {})).toMatchObject({ route: { id: "b" } });
  });

  test("a URI of another host goes straight there, unless a route is named", () => {
    const uri = { user: "bob", host: "198.51.100.7", port: 5070, transport: "tcp" };
    expect(ask(settings([route("a", "one")]), { uri })).toEqual({
      type: "host",
      host: "198.51.100.7",
      port: 5070,
      transport: "tcp",
    });
    expect(ask(settings([route("a", "one")]), { uri, routeId: "a" })).toMatchObject({ type: "gateways" });
  });

  test("without any route there is nowhere to go", () => {
    expect(ask(settings([]), {})).toMatchObject({ type: "nowhere", reason: "no_route" });
  });
});

describe("gateways", () => {
  test("are tried by priority, within one priority by weight", () => {
    const list = [gateway("backup", 2, 1), gateway("light", 1, 1), gateway("heavy", 1, 9)];
    expect(orderGateways(list, () => 0).map(({ host }) => host)).toEqual(["light", "heavy", "backup"]);
    expect(orderGateways(list, (below) => below - 1).map(({ host }) => host)).toEqual(["heavy", "light", "backup"]);
    expect(orderGateways([gateway("a", 1, 0)], () => 0)).toHaveLength(1);
  });
});
