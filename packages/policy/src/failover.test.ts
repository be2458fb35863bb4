import type { GatewayRecord } from "@voepy/store";
import { describe, expect, test } from "vitest";
import { allowedRedirects, mayTryNext } from "./failover.ts";

describe("after a failed attempt the next gateway is tried", () => {
  test.each([
    [408, true],
    [480, true],
    [500, true],
    [503, true],
    [580, true],
    [302, false],
    [403, false],
    [404, false],
    [486, false],
    [600, false],
    [603, false],
  ])("%i: %s", (status, isTried) => {
    expect(mayTryNext({ cause: "response", status })).toBe(isTried);
  });

  test("when the gateway is silent or cannot be reached, but not when we took the call back", () => {
    expect(mayTryNext({ cause: "timeout", status: 408 })).toBe(true);
    expect(mayTryNext({ cause: "transport", status: 503 })).toBe(true);
    expect(mayTryNext({ cause: "cancelled", status: 487 })).toBe(false);
  });
});

describe("a redirection", () => {
  const gateways: GatewayRecord[] = [{ host: "gw.example", port: 5060, transport: "udp", priority: 1, weight: 1 }];
  const contact = (user: string, host: string, preference = 1) => ({
    uri: `sip:${user}@${host}`,
    user,
    host,
    preference,
  });
  const ask = (contacts: ReturnType<typeof contact>[], visited: string[] = []): string[] =>
    allowedRedirects(contacts, { gateways, dialled: "+15125550100", visited: new Set(visited) }).map(({ uri }) => uri);

  test("leads to a gateway of the route, or with the dialled number elsewhere", () => {
    expect(ask([contact("+19005550000", "GW.example")])).toHaveLength(1);
    expect(ask([contact("+15125550100", "other.example")])).toHaveLength(1);
  });

  test("never to another number at a foreign host", () => {
    expect(ask([contact("+19005550000", "premium.example")])).toEqual([]);
  });

  test("never to where the call has been, best preference first", () => {
    expect(ask([contact("a", "gw.example", 0.2), contact("b", "gw.example", 0.9)], ["sip:a@gw.example"])).toEqual([
      "sip:b@gw.example",
    ]);
    expect(ask([contact("a", "gw.example", 0.2), contact("b", "gw.example", 0.9)])).toEqual([
      "sip:b@gw.example",
      "sip:a@gw.example",
    ]);
  });
});
