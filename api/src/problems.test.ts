import { CodedError } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parseInput } from "./problems.ts";

const schema = z.strictObject({
  to: z.string(),
  record: z.enum(["off", "on"]).optional(),
  secs: z.int().min(1).optional(),
  list: z.array(z.strictObject({ name: z.string() })).optional(),
});

function refusalOf(input: unknown): CodedError {
  try {
    parseInput(schema, input, "body");
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown;
    throw thrown;
  }
  throw new Error("was not refused");
}

describe("parseInput", () => {
  test("names every wrong field at once, by its dotted path", () => {
    const refused = refusalOf({ record: "maybe", secs: "3", list: [{ name: 1 }], extra: 1, also: 2 });
    expect(refused.code).toBe("invalid_request");
    expect(refused.param).toBe("to");
    expect(refused.details?.errors).toEqual([
      { param: "to", message: "is required" },
      { param: "record", message: "expected one of off, on" },
      { param: "secs", message: "expected number, got string" },
      { param: "list.0.name", message: "expected string, got number" },
      { param: "extra", message: "unknown field" },
      { param: "also", message: "unknown field" },
    ]);
  });

  test("names the body itself when it is no object", () => {
    expect(refusalOf([1]).details?.errors).toEqual([{ param: "body", message: "expected object, got array" }]);
    expect(refusalOf(null).param).toBe("body");
  });

  test("does not take __proto__ for a field", () => {
    const errors = refusalOf(JSON.parse('{"to": "x", "__proto__": {"isAdmin": true}}')).details?.errors;
    expect(errors).toEqual([{ param: "__proto__", message: "unknown field" }]);
  });

  test("answers a body of a thousand unknown fields with a bounded list and shortened names", () => {
    const hostile = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${"x".repeat(1000)}${i}`, 1]));
    const { details } = refusalOf({ to: "x", ...hostile });
    expect(JSON.stringify(details).length).toBeLessThan(8000);
  });
});
