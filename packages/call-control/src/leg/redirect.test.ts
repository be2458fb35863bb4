import { USUAL_ROUTE } from "@voepy/policy";
import type { RouteRecord } from "@voepy/store";
import { describe, expect, test } from "vitest";
import type { Target } from "./plan.ts";
import { redirectTargets } from "./redirect.ts";

const GATEWAYS = ["203.0.113.10", "gw2.example"].map((host) => ({
  host,
  port: 5060,
  transport: "udp" as const,
  priority: 1,
  weight: 1,
}));
const route = (follows = true): RouteRecord => ({
  id: "main",
  tenantId: "one",
  direction: "both",
  gateways: GATEWAYS,
  auth: { mode: "digest", username: "u", password: "p" },
  allowedSourceCidrs: [],
  codecs: ["PCMU"],
  options: { ...USUAL_ROUTE, followRedirects: follows },
});
const target = (more: Partial<Target> = {}): Target => ({
  transport: "udp",
  host: "203.0.113.10",
  port: 5060,
  flow: undefined,
  requestUri: "sip:+15558675309@203.0.113.10:5060",
  from: { uri: "sip:+15125550100@198.51.100.1", displayName: "" },
  toUri: "sip:+15558675309@203.0.113.10:5060",
  headers: [],
  credentials: { username: "u", password: "p" },
  codecs: ["PCMU"],
  firstResponseMs: undefined,
  route: route(),
  gateway: GATEWAYS[0],
  ...more,
});
const follow = (contacts: string[], from = target(), hops = 0): Target[] =>
  redirectTargets(
    from,
    contacts.map((value) => ({ name: "Contact", value })),
    { hops, visited: new Set([from.requestUri]) },
  );

describe("a redirection", () => {
  test("goes by q, to the transport and port that the contact names (RFC 3261 §8.1.3.4)", () => {
    const targets = follow([
      "<sip:x@gw2.example;transport=tcp>;q=0.3",
      "<sips:y@gw2.example>;q=0.9",
      "<sip:z@203.0.113.10:5070>;q=0.5",
    ]);
    expect(targets.map(({ transport, host, port }) => `${transport} ${host} ${port}`)).toEqual([
      "tls gw2.example 5061",
      "udp 203.0.113.10 5070",
      "tcp gw2.example 5060",
    ]);
  });

  test("takes the route's password to its gateways only", () => {
    const [own, foreign] = follow(["<sip:x@gw2.example>", "<sip:+15558675309@other.example>"]);
    expect(own?.credentials).toEqual({ username: "u", password: "p" });
    expect(foreign).toMatchObject({ host: "other.example", credentials: undefined, gateway: undefined });
  });

  test("from a carrier outside never leads to what is inside", () => {
    const dialled = (host: string): string => `<sip:+15558675309@${host}>`;
    expect(follow([dialled("127.0.0.1"), dialled("10.0.0.5"), dialled("[::1]"), dialled("169.254.169.254")])).toEqual(
      [],
    );
    const named = target({ host: "gw2.example", requestUri: "sip:+15558675309@gw2.example" });
    expect(follow([dialled("10.0.0.5")], named)).toEqual([]);
    const inside = target({ host: "10.0.0.4" });
    expect(follow([dialled("10.0.0.5")], inside)).toHaveLength(1);
  });

  test("is not followed after three hops, by a route that does not follow, or off a route", () => {
    expect(follow(["<sip:x@gw2.example>"], target(), 3)).toEqual([]);
    expect(follow(["<sip:x@gw2.example>"], target({ route: route(false) }))).toEqual([]);
    expect(follow(["<sip:x@gw2.example>"], target({ route: undefined }))).toEqual([]);
  });

  test("to what cannot be read, or is no SIP, leads nowhere", () => {
    expect(follow(["<tel:+15558675309>", "nonsense", "<sip:", "<mailto:a@gw2.example>"])).toEqual([]);
  });
});
