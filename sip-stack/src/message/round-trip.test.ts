/** What we write, we read back as it was. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isAddressList } from "./header-names.ts";
import type { Header, SipMessage } from "./message.ts";
import { parseNameAddr, printNameAddr } from "./name-addr.ts";
import { parseMessage } from "./parse.ts";
import { serialise } from "./serialise.ts";
import { escapeUser, parseUri, unescapeUser } from "./uri.ts";
import { parseVia, printVia } from "./via.ts";

const TOKEN = [..."abcXYZ0189-.!%*_+`'~"];
const token = fc.array(fc.constantFrom(...TOKEN), { minLength: 1, maxLength: 12 }).map((chars) => chars.join(""));
/** No control characters, no blanks at the ends: what a header value can be. */
const value = fc.string({ unit: "grapheme", maxLength: 60 }).map((text) =>
  [...text.normalize("NFC").replaceAll("\t", " ")]
    .filter((char) => char >= " " && char !== "\x7f")
    .join("")
    .replaceAll(/^ +| +$/g, ""),
);
const header: fc.Arbitrary<Header> = fc
  .record({ name: token, value })
  .filter(
    ({ name }) => name.length > 1 && !isAddressList(name.toLowerCase()) && name.toLowerCase() !== "content-length",
  );

const message: fc.Arbitrary<SipMessage> = fc
  .record({
    request: fc.boolean(),
    method: token,
    status: fc.integer({ min: 100, max: 699 }),
    reason: value,
    headers: fc.array(header, { maxLength: 20 }),
    body: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ request, method, status, reason, headers, body }) => {
    const all = [...headers, { name: "Content-Length", value: String(body.length) }];
    return request
      ? { kind: "request", method, requestUri: "sip:a@b", headers: all, body }
      : { kind: "response", status, reason, headers: all, body };
  });

for (const stream of [false, true]) {
  test(`any message written is read back alike (${stream ? "stream" : "datagram"})`, () => {
    fc.assert(
      fc.property(message, (original) => {
        const bytes = serialise(original);
        const result = parseMessage(bytes, { stream });
        if (!result.ok) throw new Error(result.problem);
        expect({ ...result.message, body: [...result.message.body] }).toEqual({
          ...original,
          body: [...original.body],
        });
        expect(result.size).toBe(bytes.length);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
}

test("any display name and parameter value survives a name-addr", () => {
  const address = fc.record({
    displayName: value,
    uri: fc.constantFrom("sip:a@b;x=1", "tel:+1", "sip:%20@[::1]"),
    params: fc.array(
      fc.record({ name: token.map((name) => name.toLowerCase()), value: fc.option(value, { nil: undefined }) }),
    ),
  });
  fc.assert(
    fc.property(address, (original) => {
      expect(parseNameAddr(printNameAddr(original))).toEqual(original);
    }),
    { seed: 2, numRuns: 1_000 },
  );
});

test("any Via parameter survives", () => {
  const via = fc.record({
    transport: fc.constantFrom("UDP", "TLS"),
    host: fc.constantFrom("a.example.com", "192.0.2.1", "2001:db8::1"),
    port: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
    params: fc.array(
      fc.record({ name: token.map((name) => name.toLowerCase()), value: fc.option(value, { nil: undefined }) }),
    ),
  });
  fc.assert(
    fc.property(via, (original) => {
      expect(parseVia(printVia(original))).toEqual(original);
    }),
    { seed: 3, numRuns: 1_000 },
  );
});

test("any text can be a user part", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
      expect(parseUri(`sip:${escapeUser(text)}@h`)).toMatchObject({ kind: "sip", host: "h" });
      expect(unescapeUser(escapeUser(text))).toBe(text);
    }),
    { seed: 4, numRuns: 1_000 },
  );
});
