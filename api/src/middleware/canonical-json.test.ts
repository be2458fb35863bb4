import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

test("the order of members and blanks do not matter, the order of elements does", () => {
  const canonical = (text: string) => canonicalJson(JSON.parse(text));
  expect(canonical('{"b": [1, {"d":null,"c":"x"}], "a":1.0}')).toBe('{"a":1,"b":[1,{"c":"x","d":null}]}');
  expect(canonical("[1,2]")).not.toBe(canonical("[2,1]"));
});

test("a member named __proto__ counts like any other", () => {
  expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
});

test("a text is not taken for the structure it spells", () => {
  expect(canonicalJson({ a: '1,"b":2' })).not.toBe(canonicalJson({ a: 1, b: 2 }));
});
