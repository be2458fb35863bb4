import type { Clock } from "@voepy/base";
import { expect, test } from "vitest";
import { type CallSurroundings, runCall } from "./call.ts";

/** Every wait is over at once. */
const clock: Clock = {
  nowMs: () => 0,
  wallMs: () => 0,
  schedule(_, run) {
    queueMicrotask(run);
    return { cancel: () => undefined };
  },
};

const event = (type: string, second: number, data: object = {}) => ({
  event_type: type,
  occurred_at: `2026-01-01T00:00:0${second}.500Z`,
  data,
});
const ENDED = event("call.ended", 7, {
  call: { end_reason: "completed", end_initiator: "api", sip_code: 200, duration_seconds: 4 },
});

interface Played {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly requests: readonly string[];
}

/** Runs a call against an API that gives one answer more at each look. */
async function play(
  looks: readonly (readonly object[] | Error)[],
  { dial = { id: "voepy_call_1" }, dialStatus = 201, interruptAt = -1 } = {},
): Promise<Played> {
  const said = { out: "", err: "" };
  const requests: string[] = [];
  let looked = 0;
  let hangUp = (): void => undefined;
  const surroundings: CallSurroundings = {
    clock,
    out: { write: (text) => (said.out += text) },
    err: { write: (text) => (said.err += text) },
    async fetch(url, init) {
      requests.push(`${init?.method} ${String(url)} ${init?.body ?? ""}`.trim());
      if (init?.method === "POST" && String(url).endsWith("/v1/calls"))
        return Response.json(dial, { status: dialStatus });
      if (init?.method === "POST") return Response.json({});
      if (looked === interruptAt) hangUp();
      const look = looks[Math.min(looked++, looks.length - 1)]!;
      if (look instanceof Error) throw look;
      return Response.json({ data: look });
    },
    onInterrupt(run) {
      hangUp = run;
      return () => undefined;
    },
  };
  const wishes = { to: "+15005550001", from: "+15125550100", key: "k", api: "http://127.0.0.1:8080/" };
  return { status: await runCall(wishes, surroundings), ...said, requests };
}

test("a call is told state by state with the time of each, until it is over", async () => {
  const started = event("call.started", 1);
  const answered = event("call.answered", 3);
  const digit = event("call.dtmf_received", 4, { digit: "5" });
  const { status, out, requests } = await play([
    [],
    [started],
    [started, event("call.ringing", 2)],
    [started, event("call.ringing", 2), answered, digit, ENDED],
  ]);
  expect(status).toBe(0);
  expect(out.split("\n")).toEqual([
    "voepy_call_1 from +15125550100 to +15005550001; Ctrl-C hangs up",
    "    0.0 s  started",
    "    1.0 s  ringing",
    "    2.0 s  answered",
    "    3.0 s  dtmf_received: 5",
    "    6.0 s  ended: completed, by api, SIP 200, 4 s",
    "",
  ]);
  expect(requests[0]).toBe('POST http://127.0.0.1:8080/v1/calls {"from":"+15125550100","to":"+15005550001"}');
});

test("a call that is not answered leaves with 1, and what a carrier says cannot steer the terminal", async () => {
  const ended = event("call.ended", 2, {
    call: { end_reason: "busy", end_initiator: "callee", sip_code: 486, sip_reason: "\x1b[31mBusy" },
  });
  const { status, out } = await play([[ended]]);
  expect(status).toBe(1);
  expect(out).toContain("ended: busy, by callee, SIP 486  [31mBusy");
});

test("Ctrl-C hangs up and waits for the end", async () => {
  const { status, requests } = await play([[], [], [event("call.answered", 1), ENDED]], { interruptAt: 1 });
  expect(status).toBe(0);
  expect(requests).toContain("POST http://127.0.0.1:8080/v1/calls/voepy_call_1/actions/hangup {}");
});

test("a refused dial is told with its reason", async () => {
  const error = { error: { code: "from_number_not_owned", message: "from is not yours" } };
  const { status, err } = await play([[]], { dial: error as never, dialStatus: 403 });
  expect([status, err]).toEqual([1, "voepy: from is not yours (403 from_number_not_owned)\n"]);
});

test("a server that is away for a moment is waited for, one that stays away is told", async () => {
  const away = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
  expect((await play([away, away, [event("call.answered", 1), ENDED]])).status).toBe(0);
  const gone = await play([away]);
  expect(gone.status).toBe(1);
  expect(gone.err).toContain("ECONNREFUSED");
});
