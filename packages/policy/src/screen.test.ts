import type { RouteRecord, Settings } from "@voepy/store";
import { describe, expect, test } from "vitest";
import { makeDirectory } from "./directory.ts";
import { type ScreenFacts, screen } from "./screen.ts";

const route = (
  id: string,
  tenantId: string,
  cidrs: string[],
  gateway?: { host: string; port: number },
): RouteRecord => ({
  id,
  tenantId,
  direction: "both",
  gateways: gateway === undefined ? [] : [{ ...gateway, transport: "udp", priority: 1, weight: 1 }],
  auth: { mode: "none" },
  allowedSourceCidrs: cidrs,
  codecs: ["PCMU"],
});

const SETTINGS: Settings = {
  tenants: [],
  numbers: [
    { id: "n1", tenantId: "one", number: "+15125550100", routeId: null, inboundAction: { type: "webhook" } },
    { id: "n2", tenantId: "two", number: "+15125550200", routeId: null, inboundAction: { type: "webhook" } },
  ],
  routes: [
    route("wide", "one", ["203.0.113.0/24"]),
    route("other", "two", ["203.0.113.0/24"]),
    route("narrow", "one", ["203.0.113.7/32"]),
    route("six", "one", ["2001:db8::/32"]),
    route("carrier", "one", [], { host: "198.51.100.9", port: 5060 }),
  ],
  sipUsers: [{ id: "u", tenantId: "one", username: "alice", password: "secret", number: null, outbound: false }],
};

const FACTS: ScreenFacts = {
  method: "INVITE",
  sourceAddress: "192.0.2.1",
  sourcePort: 5060,
  fromUser: "+15550001111",
  fromHost: "192.0.2.1",
  hasCredentials: false,
  dialled: "+15125550100",
  ownHosts: new Set(["voepy.local", "127.0.0.1"]),
  domain: "voepy.local",
};

function ask(facts: Partial<ScreenFacts>) {
  return screen(makeDirectory(SETTINGS), { ...FACTS, ...facts });
}

describe("who may speak to us", () => {
  test("a stranger is refused and learns nothing", () => {
    expect(ask({})).toEqual({ type: "refuse", status: 403, reason: "Forbidden" });
  });

  test("a source inside a route's network is that route, the narrowest network first", () => {
    expect(ask({ sourceAddress: "203.0.113.8" })).toEqual({ type: "trust", label: "wide" });
    expect(ask({ sourceAddress: "203.0.113.7" })).toEqual({ type: "trust", label: "narrow" });
    expect(ask({ sourceAddress: "2001:db8::5" })).toEqual({ type: "trust", label: "six" });
    expect(ask({ sourceAddress: "::ffff:203.0.113.8" })).toEqual({ type: "trust", label: "wide" });
  });

  test("between equal networks the dialled number's tenant decides", () => {
    expect(ask({ sourceAddress: "203.0.113.8", dialled: "15125550200" })).toEqual({ type: "trust", label: "other" });
  });

  test("a gateway may call back when its route names no networks", () => {
    expect(ask({ sourceAddress: "198.51.100.9" })).toEqual({ type: "trust", label: "carrier" });
    expect(ask({ sourceAddress: "198.51.100.9", sourcePort: 9999 })).toEqual({ type: "trust", label: "carrier" });
  });

  test("a From of our domain is challenged, whether such a user exists or not", () => {
    expect(ask({ fromHost: "voepy.local", fromUser: "alice" })).toEqual({ type: "challenge" });
    expect(ask({ fromHost: "voepy.local", fromUser: "nobody" })).toEqual({ type: "challenge" });
    expect(ask({ fromHost: "127.0.0.1", fromUser: "nobody" })).toEqual({ type: "challenge" });
  });

  test("a phone with our address as its domain is challenged even inside a route's network", () => {
    expect(ask({ sourceAddress: "203.0.113.8", fromHost: "127.0.0.1", fromUser: "alice" })).toEqual({
      type: "challenge",
    });
    expect(ask({ sourceAddress: "203.0.113.8", fromHost: "127.0.0.1", fromUser: "sipp" })).toEqual({
      type: "trust",
      label: "wide",
    });
  });

  test("REGISTER is always challenged, OPTIONS always answered", () => {
    expect(ask({ method: "REGISTER" })).toEqual({ type: "challenge" });
    expect(ask({ method: "OPTIONS" })).toEqual({ type: "trust", label: "options" });
  });

  describe("a trunk that proves itself by digest", () => {
    const trunk = (more: Partial<RouteRecord>): RouteRecord => ({
      ...route("pbx", "one", []),
      direction: "in",
      auth: { mode: "digest", username: "pbx", password: "x" },
      ...more,
    });
    const verdict = (rows: RouteRecord[], sourceAddress: string) =>
      screen(makeDirectory({ ...SETTINGS, routes: rows }), { ...FACTS, sourceAddress });

    test("is challenged wherever it comes from, and so is every stranger", () => {
      expect(verdict([trunk({})], "192.0.2.1")).toEqual({ type: "challenge" });
    });

    test("is trusted inside its own networks", () => {
      const rows = [trunk({ allowedSourceCidrs: ["192.0.2.0/24"] })];
      expect(verdict(rows, "192.0.2.1")).toEqual({ type: "trust", label: "pbx" });
      expect(verdict(rows, "198.51.100.1")).toEqual({ type: "challenge" });
    });

    test("of outgoing calls only asks nobody in", () => {
      expect(verdict([trunk({ direction: "out" })], "192.0.2.1")).toMatchObject({ type: "refuse", status: 403 });
    });
  });

  test("a call to the contact that a route registered, from its registrar, is that route's", () => {
    const account = (id: string): RouteRecord => ({
      ...route(id, "one", [], { host: "sip.example", port: 5060 }),
      auth: { mode: "registration", username: `user-${id}`, password: "x" },
    });
    const rows = makeDirectory({ ...SETTINGS, routes: [account("a"), account("b")] });
    const addressesOf = (host: string): string[] => (host === "sip.example" ? ["198.51.100.20"] : []);
    const facts = { ...FACTS, sourceAddress: "198.51.100.20", sourcePort: 40000, addressesOf };
    expect(screen(rows, { ...facts, dialled: "user-b" })).toEqual({ type: "trust", label: "b" });
    expect(screen(rows, { ...facts, dialled: "user-a" })).toEqual({ type: "trust", label: "a" });
    expect(screen(rows, { ...facts, sourceAddress: "198.51.100.21", dialled: "user-a" })).toMatchObject({
      type: "refuse",
    });
  });
});
