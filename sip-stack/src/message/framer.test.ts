import { describe, expect, test } from "vitest";
import { type Framed, StreamFramer } from "./framer.ts";

const OPTIONS =
  "OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";
const whole = `${OPTIONS}Content-Length: 3\r\n\r\nabc`;

const push = (framer: StreamFramer, text: string): string[] =>
  framer.push(Buffer.from(text)).map((each: Framed) => each.type);

describe("a stream of messages", () => {
  test("messages come out as they complete, wherever the cuts fall", () => {
    const framer = new StreamFramer();
    expect(push(framer, whole + whole.slice(0, 40))).toEqual(["message"]);
    expect(framer.pendingBytes).toBe(40);
    expect(push(framer, whole.slice(40, -1))).toEqual([]);
    expect(push(framer, whole.slice(-1))).toEqual(["message"]);
    expect(framer.pendingBytes).toBe(0);
  });

  test("CRLF CRLF between messages is a ping, a single CRLF is nothing (RFC 5626 §4.4.1)", () => {
    const framer = new StreamFramer();
    expect(push(framer, "\r\n\r\n")).toEqual(["ping"]);
    expect(push(framer, `\r\n${whole}\r\n`)).toEqual(["message"]);
    expect(framer.pendingBytes).toBe(0);
    expect(push(framer, "\r\n")).toEqual(["ping"]);
    expect(push(framer, "\r\n\r\n\r\n\r\n")).toEqual(["ping", "ping"]);
  });

  test("a message with a bad header is told of and the stream goes on", () => {
    const framer = new StreamFramer();
    const bad = `${OPTIONS}bad header\r\nl: 0\r\n\r\n`;
    const framed = framer.push(Buffer.from(bad + whole));
    expect(framed).toMatchObject([
      { type: "message", result: { ok: false, status: 400, answerable: { method: "OPTIONS" } } },
      { type: "message", result: { ok: true } },
    ]);
  });

  test("a body stays what it was when more comes", () => {
    const framer = new StreamFramer();
    const [first] = framer.push(Buffer.from(whole));
    framer.push(Buffer.from(whole.replace("abc", "xyz")));
    if (first?.type !== "message" || !first.result.ok) throw new Error("no message");
    expect(Buffer.from(first.result.message.body).toString()).toBe("abc");
  });
});

describe("framing errors are fatal, and nothing comes after (§18.3)", () => {
  test.each([
    ["no Content-Length", `${OPTIONS}\r\n`, 400],
    ["two of them", `${OPTIONS}l: 3\r\nl: 3\r\n\r\nabc`, 400],
    ["one that is no number", `${OPTIONS}l: 3a\r\n\r\nabc`, 400],
    ["one above 256 kB", `${OPTIONS}l: 262145\r\n\r\n`, 513],
    ["a start line that is not SIP", "GET / HTTP/1.1\r\n\r\n", undefined],
    ["bytes of TLS", "\x16\x03\x01", undefined],
    ["a head beyond 64 kB", `${OPTIONS}X: ${"a".repeat(70_000)}`, 400],
  ])("%s", (_, text, status) => {
    const framer = new StreamFramer();
    const framed = framer.push(Buffer.from(text));
    expect(framed).toMatchObject([{ type: "fatal", result: { ok: false } }]);
    expect(framed[0]?.type === "fatal" && framed[0].result.status).toBe(status);
    expect(push(framer, whole)).toEqual([]);
    expect(framer.pendingBytes).toBe(0);
  });
});
