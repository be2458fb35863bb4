import { describe, expect, test } from "vitest";
import { admit, type DialFacts } from "./admit.ts";
import { makeDirectory } from "./directory.ts";

function refusal(facts: Partial<DialFacts>, mayForward = false): string | undefined {
  const directory = makeDirectory({
    tenants: [{ id: "one", allowCallerIdForwarding: mayForward, maxConcurrentCalls: 2, maxCps: 3, defaultRoute: null }],
    numbers: [{ id: "n", tenantId: "one", number: "+15125550100", routeId: null, inboundAction: { type: "webhook" } }],
    routes: [],
    sipUsers: [{ id: "u", tenantId: "one", username: "alice", password: "x", number: "+15125550199", outbound: false }],
  });
  const base = {
    tenantId: "one",
    from: "+15125550100",
    fromUser: undefined,
    wantsForwarding: false,
    liveCalls: 0,
    callsLastSecond: 0,
  };
  return admit(directory, { ...base, ...facts })?.code;
}

describe("may this call be placed", () => {
  test("from an own number, a user's number or a user's address: yes", () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal({ from: "+15125550199" })).toBeUndefined();
    expect(refusal({ from: "sip:alice@voepy.local", fromUser: "alice" })).toBeUndefined();
  });

  test("from anybody else's number only where forwarding is asked for and enabled", () => {
    expect(refusal({ from: "+19995550000" })).toBe("from_number_not_owned");
    expect(refusal({ from: "+19995550000", wantsForwarding: true })).toBe("from_number_not_owned");
    expect(refusal({ from: "+19995550000" }, true)).toBe("from_number_not_owned");
    expect(refusal({ from: "+19995550000", wantsForwarding: true }, true)).toBeUndefined();
    expect(refusal({ from: "sip:eve@voepy.local", fromUser: "eve" })).toBe("from_number_not_owned");
  });

  test("ownership is told before limits", () => {
    expect(refusal({ liveCalls: 2 })).toBe("concurrency_limit_exceeded");
    expect(refusal({ callsLastSecond: 3 })).toBe("cps_limit_exceeded");
    expect(refusal({ from: "+19995550000", liveCalls: 2 })).toBe("from_number_not_owned");
  });
});
