import { CodedError } from "@voepy/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCursor, placeOf, printCursor } from "./cursor.ts";

test("a cursor comes back as the place it was made of", () => {
  fc.assert(
    fc.property(fc.integer(), fc.string({ maxLength: 60 }), (at, id) => {
      fc.pre(!Object.is(at, -0) && id.isWellFormed());
      const cursor = printCursor("calls", { at, id });
      fc.pre(cursor.length <= 256);
      expect(parseCursor("calls", cursor)).toMatchObject({ at, id });
    }),
  );
});

test("anything else is refused as invalid_request, param cursor", () => {
  const foreign = [
    "",
    "x",
    "null",
    "W10",
    "__proto__",
    printCursor("recordings", { at: 1, id: "a" }),
    `${printCursor("calls", { at: 1, id: "a" })}=`,
    `${printCursor("calls", { at: 1, id: "a" })}AA`,
    Buffer.from('["calls", 1, "a"]').toString("base64url"),
    Buffer.from('["calls","1","a"]').toString("base64url"),
    Buffer.from('{"at":1}').toString("base64url"),
    "A".repeat(100_000),
  ];
  for (const cursor of foreign) {
    expect(() => parseCursor("calls", cursor), cursor.slice(0, 40)).toThrow(
      expect.objectContaining({ code: "invalid_request", param: "cursor" }),
    );
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(() => parseCursor("calls", text)).toThrow(CodedError);
    }),
  );
});

test("a page holds 1 to 200 rows", () => {
  for (const limit of [0, -1, 201, 1.5, Number.NaN]) {
    expect(() => placeOf("calls", { limit })).toThrow(expect.objectContaining({ param: "limit" }));
  }
  expect(placeOf("calls", { limit: 200 })).toBeUndefined();
});
