import { describe, expect, test } from "vitest";
import { afterPing, type GatewayHealth, type PingOutcome, unknownHealth } from "./health.ts";

const GATEWAY = { host: "gw.example", port: 5060, transport: "udp", priority: 1, weight: 1 } as const;
const outcome = (more: Partial<PingOutcome>): PingOutcome => ({
  cause: "response",
  status: 200,
  reason: "OK",
  address: "203.0.113.1",
  roundTripMs: 12,
  ...more,
});
const SILENT = outcome({ cause: "timeout", status: undefined, reason: "" });
const GONE = outcome({ cause: "transport", status: undefined, reason: "" });

function after(outcomes: PingOutcome[]): { health: GatewayHealth; changes: (string | undefined)[] } {
  const changes: (string | undefined)[] = [];
  let health = unknownHealth(GATEWAY, 0);
  outcomes.forEach((one, index) => {
    const step = afterPing(health, one, index + 1);
    health = step.health;
    changes.push(step.change);
  });
  return { health, changes };
}

describe("a gateway", () => {
  test("is down after three pings without an answer, and up after one", () => {
    const { health, changes } = after([outcome({}), SILENT, SILENT, SILENT, SILENT, outcome({})]);
    expect(changes).toEqual([undefined, undefined, undefined, "down", undefined, "up"]);
    expect(health).toMatchObject({ status: "up", since: 6, reason: null, misses: 0 });
  });

  test("is down after two pings that could not be sent", () => {
    expect(after([GONE, GONE]).changes).toEqual([undefined, "down"]);
    expect(after([GONE, SILENT, GONE]).health).toMatchObject({ status: "down" });
  });

  test("says why it is down", () => {
    const refusing = outcome({ status: 503, reason: "Service Unavailable" });
    const { health } = after([refusing, refusing, refusing]);
    expect(health).toMatchObject({ status: "down", since: 3, reason: "answered OPTIONS with 503 Service Unavailable" });
  });

  test.each([200, 404, 405, 403, 481, 603])("that answers %i is there", (status) => {
    expect(after([outcome({ status })]).health.status).toBe("up");
  });

  test.each([408, 500, 503, 504])("that answers %i is not", (status) => {
    expect(after([outcome({ status })]).health.status).toBe("unknown");
  });

  test("that was never down tells nothing when it comes up", () => {
    expect(after([SILENT, SILENT, outcome({})]).changes).toEqual([undefined, undefined, undefined]);
  });
});
