import type { TracedMessage } from "@voepy/sip-stack";
import { describe, expect, test } from "vitest";
import { serializeTrace } from "./serialize.ts";
import { type TraceLimits, Traces } from "./traces.ts";

function message(callId: string, text: string, wallMs = 0): TracedMessage {
  const peer = { transport: "udp", address: "192.0.2.7", port: 5060 } as const;
  const local = { address: "192.0.2.1", port: 5060 };
  return { direction: "received", peer, local, callId, wallMs, bytes: Buffer.from(text) };
}

const textsOf = (traces: Traces, callId: string): string[] | undefined =>
  traces.ofCall(callId)?.messages.map(({ text }) => text);

/** A trace with one call for each id, each of one message. */
function withCalls(limits: Partial<TraceLimits>, ids: readonly string[]): Traces {
  const traces = new Traces(limits);
  for (const id of ids) {
    traces.open(id);
    traces.add(message(`sip-${id}`, `INVITE of ${id}`));
    traces.bind(id, `sip-${id}`, `leg-${id}`);
  }
  return traces;
}

describe("the trace of a call", () => {
  test("holds what was seen of its Call-ID before the call was there, and what comes after its end", () => {
    const traces = new Traces();
    traces.add(message("x", "INVITE 1"));
    traces.add(message("x", "401"));
    traces.open("call");
    traces.bind("call", "x", "leg");
    traces.add(message("x", "INVITE 2"));
    traces.end("call");
    traces.add(message("x", "BYE"));
    expect(textsOf(traces, "call")).toEqual(["INVITE 1", "401", "INVITE 2", "BYE"]);
  });

  test("puts the messages of all its Call-IDs in the order they went by, each with its leg", () => {
    const traces = new Traces();
    traces.open("call");
    traces.bind("call", "a", "leg-1");
    traces.bind("call", "b", "leg-2");
    traces.add(message("a", "1"));
    traces.add(message("b", "2"));
    traces.add(message("other", "not ours"));
    traces.add(message("a", "3"));
    expect(traces.ofCall("call")?.messages.map(({ text, legId }) => [text, legId])).toEqual([
      ["1", "leg-1"],
      ["2", "leg-2"],
      ["3", "leg-1"],
    ]);
  });

  test("is there, empty, for a call that sent nothing; it is not there for a call never seen", () => {
    const traces = new Traces();
    traces.open("call");
    traces.end("call");
    expect(traces.ofCall("call")).toEqual({ messages: [], dropped: 0 });
    expect(traces.ofCall("other")).toBeUndefined();
  });

  test("is shared by two calls of one Call-ID, and lasts as long as one of them is known", () => {
    const traces = withCalls({ endedCalls: 1 }, ["out"]);
    traces.open("in");
    traces.bind("in", "sip-out", "leg-in");
    traces.end("out");
    expect(textsOf(traces, "in")).toEqual(["INVITE of out"]);
    traces.open("third");
    traces.end("third");
    expect(traces.ofCall("out")).toBeUndefined();
    expect(textsOf(traces, "in")).toEqual(["INVITE of out"]);
  });
});

describe("the memory of traces", () => {
  test("forgets the call that ended first, when more than the limit have ended", () => {
    const traces = withCalls({ endedCalls: 2 }, ["a", "b", "c", "d"]);
    for (const id of ["c", "a", "b"]) traces.end(id);
    expect(["a", "b", "c", "d"].filter((id) => traces.ofCall(id) === undefined)).toEqual(["c"]);
  });

  test("stays below the total: calls that are over go first, then calls that are up, oldest first", () => {
    const traces = withCalls({ totalBytes: 3 * 300 }, ["a", "b", "c"]);
    traces.end("b");
    traces.open("d");
    traces.bind("d", "sip-d", "leg-d");
    traces.add(message("sip-d", "INVITE of d"));
    expect(["a", "b", "c", "d"].filter((id) => traces.ofCall(id) !== undefined)).toEqual(["a", "c", "d"]);
    traces.add(message("sip-d", "more"));
    expect(["a", "b", "c", "d"].filter((id) => traces.ofCall(id) !== undefined)).toEqual(["c", "d"]);
    expect(traces.counters()).toMatchObject({ calls: 2, call_ids: 2 });
  });

  test("counts to nothing again when everything is forgotten", () => {
    const traces = withCalls({ endedCalls: 0 }, ["a", "b"]);
    for (let i = 0; i < 1000; i++) traces.add(message("sip-a", `${i}`));
    traces.end("a");
    traces.end("b");
    expect(traces.counters()).toEqual({ calls: 0, call_ids: 0, bytes: 0 });
  });

  test("a flood of Call-IDs that no call came of does not push out a call", () => {
    const traces = withCalls({ looseCallIds: 10 }, ["a"]);
    for (let i = 0; i < 1000; i++) traces.add(message(`flood-${i}`, "OPTIONS"));
    expect(textsOf(traces, "a")).toEqual(["INVITE of a"]);
    expect(traces.counters()).toMatchObject({ call_ids: 11 });
  });

  test("a flood of large messages of no call pushes out itself, not the calls that are over", () => {
    const traces = withCalls({ looseBytes: 100_000, totalBytes: 200_000 }, ["a"]);
    traces.end("a");
    for (let i = 0; i < 100; i++) traces.add(message(`flood-${i}`, "x".repeat(16_000)));
    expect(textsOf(traces, "a")).toEqual(["INVITE of a"]);
    expect(traces.counters()["bytes"]).toBeLessThan(101_000);
  });

  test("what was of no call counts as the call's once the call is there", () => {
    const traces = new Traces({ looseBytes: 10_000 });
    traces.add(message("x", "x".repeat(9000)));
    traces.open("call");
    traces.bind("call", "x", "leg");
    for (let i = 0; i < 9; i++) traces.add(message(`other-${i}`, "y".repeat(500)));
    expect(traces.counters()).toMatchObject({ call_ids: 10 });
    expect(textsOf(traces, "call")).toHaveLength(1);
  });

  test("keeps how a Call-ID began and its newest messages, and says how many it dropped", () => {
    const traces = withCalls({ messagesPerCallId: 40 }, ["a"]);
    for (let i = 1; i < 100; i++) traces.add(message("sip-a", `${i}`));
    const texts = textsOf(traces, "a")!;
    expect(texts).toHaveLength(40);
    expect(texts.slice(0, 3)).toEqual(["INVITE of a", "1", "2"]);
    expect(texts.slice(-8)).toEqual(["92", "93", "94", "95", "96", "97", "98", "99"]);
    expect(traces.ofCall("a")?.dropped).toBe(60);
  });

  test("cuts a message that is too long, and says how long it was", () => {
    const traces = withCalls({ messageBytes: 100 }, ["a"]);
    traces.add(message("sip-a", "x".repeat(5000)));
    expect(traces.ofCall("a")?.messages[1]).toMatchObject({ text: "x".repeat(100), sizeBytes: 5000 });
  });

  test("does not keep what has no Call-ID", () => {
    const traces = new Traces();
    traces.add(message("", "garbage"));
    expect(traces.counters()).toMatchObject({ call_ids: 0, bytes: 0 });
  });
});

test("the ladder tells requests from responses, finds repeats and shows text as UTF-8", () => {
  const traces = new Traces();
  traces.open("call");
  traces.bind("call", "a", "leg");
  const invite = "INVITE sip:zoë@192.0.2.1 SIP/2.0\r\nCSeq: 7 INVITE\r\nCall-ID: a\r\n\r\n";
  traces.add(message("a", invite, 1000));
  traces.add(message("a", invite, 1500));
  traces.add(message("a", "SIP/2.0 180 Ringing\r\ncseq : 7 INVITE\r\n\r\n", 1600.4));
  traces.add(message("a", "\0\xff", 1700));
  const ladder = serializeTrace("call", traces.ofCall("call")!);
  expect(ladder).toMatchObject({
    call_id: "call",
    dropped_messages: 0,
    messages: [
      {
        time: "1970-01-01T00:00:01.000Z",
        offset_ms: 0,
        direction: "received",
        transport: "udp",
        local: { address: "192.0.2.1", port: 5060 },
        remote: { address: "192.0.2.7", port: 5060 },
        first_line: "INVITE sip:zoë@192.0.2.1 SIP/2.0",
        method: "INVITE",
        status: null,
        cseq: 7,
        sip_call_id: "a",
        leg_id: "leg",
        retransmission: false,
        size_bytes: Buffer.byteLength(invite),
        text: invite,
      },
      { offset_ms: 500, retransmission: true },
      { offset_ms: 600, method: "INVITE", status: 180, cseq: 7, retransmission: false },
      { cseq: null, status: null },
    ],
  });
});
