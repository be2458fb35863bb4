import { expect, test } from "vitest";
import { parseNameAddr, printNameAddr, tagOf, withTag } from "./name-addr.ts";

test("quoted, bare and bracketed forms are read (§20.10)", () => {
  expect(parseNameAddr('"Bob \\"the\\" B" <sip:bob@b.com;lr>;tag=1;q="x;y"')).toEqual({
    displayName: 'Bob "the" B',
    uri: "sip:bob@b.com;lr",
    params: [
      { name: "tag", value: "1" },
      { name: "q", value: "x;y" },
    ],
  });
  expect(parseNameAddr("caller<sip:c@example.com> ; TAG = 3")).toMatchObject({
    displayName: "caller",
    params: [{ name: "tag", value: "3" }],
  });
  expect(parseNameAddr("Desk (2) <sip:c@example.com>")?.displayName).toBe("Desk (2)");
});

test("without brackets parameters belong to the header (§20)", () => {
  expect(parseNameAddr("sip:c@example.com;tag=9")).toEqual({
    displayName: "",
    uri: "sip:c@example.com",
    params: [{ name: "tag", value: "9" }],
  });
});

test.each([
  '"open <sip:a@b>',
  "Bell, Alexander <sip:a@b>",
  "<sip:a@b",
  "< sip:a@b >",
  "<sip:a@b>;;",
  "<sip:a@b>;x=",
  "<sip:a@b> junk",
  "sip:a@b?Route=%3Csip:c%3E",
  "sip:a@b, sip:c@d",
  "alice",
  "",
])("%j is refused", (value) => {
  expect(parseNameAddr(value)).toBeUndefined();
});

test("printing quotes what needs it and cannot be used to smuggle a line in", () => {
  const printed = printNameAddr({
    displayName: 'a "b"\r\nX: 1',
    uri: "sip:a@b",
    params: [{ name: "x", value: "1;2" }],
  });
  expect(printed).toBe('"a \\"b\\"  X: 1" <sip:a@b>;x="1;2"');
});

test("a tag is found and set, the rest of the value left as it came", () => {
  expect(tagOf("<sip:a@b>;tag=77")).toBe("77");
  expect(tagOf("<sip:a@b;tag=77>")).toBeUndefined();
  expect(withTag("  A  <sip:a@b>", "1")).toBe("  A  <sip:a@b>;tag=1");
  expect(tagOf(withTag("<sip:a@b>;tag=1;x", "2"))).toBe("2");
});
