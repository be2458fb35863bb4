import { describe, expect, test } from "vitest";
import { headersOf, type ParseResult, type SipMessage } from "./message.ts";
import { parseMessage } from "./parse.ts";

const parse = (text: string, stream = false): ParseResult => parseMessage(Buffer.from(text), { stream });

function parsed(text: string): SipMessage {
  const result = parse(text);
  if (!result.ok) throw new Error(result.problem);
  return result.message;
}

const HEAD = [
  "OPTIONS sip:bob@example.com SIP/2.0",
  "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
  "From: <sip:a@example.com>;tag=1",
  "To: <sip:b@example.com>",
  "Call-ID: c",
  "CSeq: 1 OPTIONS",
];
const message = (...more: string[]): string => `${[...HEAD, ...more].join("\r\n")}\r\n\r\n`;

describe("headers", () => {
  test("compact names are expanded, spelling stays, order stays (§7.3.3)", () => {
    const { headers } = parsed(message("s: hi", "x-FOO: 1", "v: SIP/2.0/TCP b"));
    expect(headers.slice(5)).toEqual([
      { name: "Subject", value: "hi" },
      { name: "x-FOO", value: "1" },
      { name: "Via", value: "SIP/2.0/TCP b" },
    ]);
  });

  test("address lists are split outside quotes and brackets, token lists are not (§7.3.1)", () => {
    const options = parsed(message('Contact: "a, b" <sip:x;y=1,2>, <sip:z>', "Allow: INVITE, ACK"));
    expect(headersOf(options, "contact")).toEqual(['"a, b" <sip:x;y=1,2>', "<sip:z>"]);
    expect(headersOf(options, "allow")).toEqual(["INVITE, ACK"]);
  });

  test("a folded line is one value, however often it is folded (§7.3.1)", () => {
    expect(headersOf(parsed(message("Subject: one \r\n\ttwo\r\n   three")), "subject")).toEqual(["one two three"]);
  });

  test.each([
    ["a control character in the name", "X-Foo\x0b: 1"],
    ["a bare line feed", "X-Foo: 1\nX-Bar: 2"],
    ["a bare carriage return", "X-Foo: 1\rX-Bar: 2"],
    ["a NUL in the value", "X-Foo: a\0b"],
    ["a vertical tab at the end", "X-Foo: a\x0b"],
    ["a blank inside the name", "X Foo: 1"],
    ["no name", ": 1"],
    ["no colon", "X-Foo"],
    ["a line too long", `X-Foo: ${"a".repeat(9_000)}`],
    ["a folded line too long", `X-Foo: ${"a\r\n ".repeat(5_000)}b`],
    ["too many headers", "X: 1\r\n".repeat(300).trimEnd()],
    ["too many list elements", `Contact: ${"<sip:a>,".repeat(300)}<sip:b>`],
  ])("%s is answered with 400", (_, line) => {
    expect(parse(message(line))).toMatchObject({ ok: false, status: 400, answerable: { method: "OPTIONS" } });
  });
});

describe("bodies", () => {
  test("a datagram without Content-Length is body to its end, octets beyond Content-Length are ignored (§18.3)", () => {
    expect(Buffer.from(parsed(`${message()}abc`).body).toString()).toBe("abc");
    expect(Buffer.from(parsed(`${message("Content-Length: 2")}abc`).body).toString()).toBe("ab");
  });

  test("a short body, a doubled, signed, empty or hexadecimal Content-Length is answered with 400", () => {
    for (const lines of [
      ["l: 4"],
      ["l: 3", "Content-Length: 3"],
      ["l: -1"],
      ["l: +3"],
      ["l:"],
      ["l: 0x3"],
      ["l: 3 3"],
    ]) {
      expect(parse(`${message(...lines)}abc`), lines.join()).toMatchObject({ ok: false, status: 400 });
    }
  });

  test("a Content-Length that wraps in 32 bits is too large, not small (§20.14)", () => {
    expect(parse(message(`Content-Length: ${2 ** 32 + 32}`))).toMatchObject({ ok: false, status: 513 });
  });

  test("a stream needs Content-Length", () => {
    expect(parse(message(), true)).toMatchObject({ ok: false, status: 400 });
    expect(parse(message("l: 0"), true)).toMatchObject({ ok: true });
  });
});

describe("what cannot be answered is dropped", () => {
  test.each([
    ["nothing", ""],
    ["a keep-alive", "\r\n\r\n"],
    ["zeros", "\0\0\0\0"],
    ["HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a status outside 100-699", "SIP/2.0 999 x\r\n\r\n"],
    ["a status that wraps", "SIP/2.0 4294967301 x\r\n\r\n"],
    ["a broken response", "SIP/2.0 200 OK\r\nno header\r\n\r\n"],
    ["a request without a way back", "OPTIONS sip:a SIP/2.0\r\nnonsense\r\n\r\n"],
    ["a broken ACK", message("nonsense").replaceAll("OPTIONS", "ACK")],
  ])("%s", (_, text) => {
    expect(parse(text)).toMatchObject({ ok: false, status: undefined, answerable: undefined });
  });
});

test("leading line ends are skipped and counted in the size (§7.5)", () => {
  const text = `\r\n\r\n${message("l: 1")}ab`;
  expect(parse(text)).toMatchObject({ ok: true, size: text.length - 1 });
});

test("a response may lack its reason phrase and the space before it", () => {
  expect(parsed("SIP/2.0 180\r\nl: 0\r\n\r\n")).toMatchObject({ kind: "response", status: 180, reason: "" });
});

test("names from the prototype chain are names like others", () => {
  const options = parsed(message("__proto__: a", "constructor: b"));
  expect(headersOf(options, "__proto__")).toEqual(["a"]);
  expect(headersOf(options, "tostring")).toEqual([]);
});
