import type { GatewayRecord, RouteRecord, Settings } from "@voepy/store";
import { describe, expect, test } from "vitest";
import { makeDirectory, SHARED } from "./directory.ts";
import { destinationOf, orderGateways, type RouteQuestion, type RouteState } from "./route.ts";

const gateway = (host: string, priority: number, weight: number): GatewayRecord => ({
  host,
  port: 5060,
  transport: "udp",
  priority,
  weight,
});
const route = (
  id: string,
  tenantId: string,
  direction: RouteRecord["direction"] = "both",
  options: RouteRecord["options"] = {},
): RouteRecord => ({
  id,
  tenantId,
  direction,
  options,
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

const ALL_WELL: RouteState = { pick: () => 0, isDown: () => false, fullness: () => undefined };

function ask(rows: Settings, question: Partial<RouteQuestion>, state: Partial<RouteState> = {}) {
  return destinationOf(
    makeDirectory(rows),
    { tenantId: "one", to: "+15558675309", routeId: undefined, uri: undefined, domain: "voepy.local", ...question },
    { ...ALL_WELL, ...state },
  );
}

/** Ids of the routes that are tried, in order. */
function routesOf(destination: ReturnType<typeof ask>): string[] {
  return destination.type === "gateways" ? destination.steps.map((step) => step.route.id) : [];
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
    expect(routesOf(ask(settings([route("sandbox", SHARED)]), {}))).toEqual(["sandbox"]);
    expect(routesOf(ask(settings([route("sandbox", SHARED), route("main", "one")]), {}))).toEqual(["main"]);
    expect(routesOf(ask(settings([route("sandbox", SHARED), route("entry", "one", "in")]), {}))).toEqual(["sandbox"]);
  });

  test("the tenant's default route wins", () => {
    expect(routesOf(ask(settings([route("a", "one"), route("b", "one")], "b"), {}))).toEqual(["b"]);
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

describe("a route that stands in for another", () => {
  const chain = settings(
    [
      route("a", "one", "both", { failoverRouteId: "b" }),
      route("b", "one", "both", { failoverRouteId: "a" }),
      route("foreign", "two"),
    ],
    "a",
  );

  test("comes after it, and a chain that leads back to its start ends", () => {
    expect(routesOf(ask(chain, {}))).toEqual(["a", "b"]);
    expect(routesOf(ask(chain, { routeId: "b" }))).toEqual(["b", "a"]);
  });

  test("is used at once while the first is full; with both full the first says why", () => {
    expect(routesOf(ask(chain, {}, { fullness: ({ id }) => (id === "a" ? "channels" : undefined) }))).toEqual(["b"]);
    const full = ask(chain, {}, { fullness: ({ id }) => (id === "a" ? "channels" : "cps") });
    expect(full).toMatchObject({ type: "full", route: { id: "a" }, why: "channels" });
  });

  test("is never another tenant's", () => {
    const rows = settings([route("a", "one", "both", { failoverRouteId: "foreign" }), route("foreign", "two")], "a");
    expect(routesOf(ask(rows, {}))).toEqual(["a"]);
  });
});

describe("gateways", () => {
  const order = (gateways: GatewayRecord[], pick: RouteState["pick"], down = ""): string[] =>
    orderGateways(gateways, { pick, isDown: ({ host }) => host === down }).map(({ host }) => host);
  const list = [gateway("backup", 2, 1), gateway("light", 1, 1), gateway("heavy", 1, 9)];

  test("are tried by priority, within one priority by weight", () => {
    expect(order(list, () => 0)).toEqual(["light", "heavy", "backup"]);
    expect(order(list, (below) => below - 1)).toEqual(["heavy", "light", "backup"]);
    expect(order([gateway("a", 1, 0)], () => 0)).toHaveLength(1);
  });

  test("that are down come last, but come", () => {
    expect(order(list, () => 0, "light")).toEqual(["heavy", "backup", "light"]);
  });
});
