import { describe, expect, test } from "vitest";
import { hasScope } from "./bearer.ts";

describe("scopes", () => {
  test("a star is every scope but admin", () => {
    expect(hasScope(["*"], "config:write")).toBe(true);
    expect(hasScope(["*"], "admin")).toBe(false);
    expect(hasScope(["*", "admin"], "admin")).toBe(true);
  });

  test("reading does not include writing", () => {
    expect(hasScope(["calls:read"], "calls:read")).toBe(true);
    expect(hasScope(["calls:read"], "calls:write")).toBe(false);
    expect(hasScope(["calls:write"], "calls:read")).toBe(false);
  });
});
