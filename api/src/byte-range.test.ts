import { describe, expect, test } from "vitest";
import { byteRange } from "./byte-range.ts";

describe("byteRange of 1000 bytes (RFC 9110 §14.1.2)", () => {
  test.each([
    ["bytes=0-499", { first: 0, last: 499 }],
    ["bytes=500-", { first: 500, last: 999 }],
    ["bytes=-200", { first: 800, last: 999 }],
    ["bytes=-5000", { first: 0, last: 999 }],
    ["bytes=990-5000", { first: 990, last: 999 }],
    ["bytes=999-999", { first: 999, last: 999 }],
  ])("%s gives a part", (header, expected) => {
    expect(byteRange(header, 1000)).toEqual(expected);
  });

  test.each([["bytes=1000-"], ["bytes=2000-3000"], ["bytes=-0"]])("%s lies outside", (header) => {
    expect(byteRange(header, 1000)).toBe("outside");
  });

  test.each([[undefined], ["bytes=-"], ["bytes=5-2"], ["bytes=0-1,5-6"], ["items=0-1"], ["bytes=a-b"], [""]])(
    "%s gives the whole",
    (header) => {
      expect(byteRange(header, 1000)).toBe("whole");
    },
  );

  test("of an empty file nothing can be a part", () => {
    expect(byteRange("bytes=0-", 0)).toBe("outside");
    expect(byteRange("bytes=-5", 0)).toBe("outside");
  });
});
