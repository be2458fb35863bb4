import { createHmac } from "node:crypto";
import { systemClock } from "@voepy/base";
import { expect, test } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";
import { WebhookSink } from "./webhook-sink.ts";

const SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const BODY = '{"id":"voepy_evt_1","event_type":"call.started","sequence":1,"data":{"id":"voepy_call_1"}}';

/** The example of the Standard Webhooks specification's own libraries: secret, id, timestamp and body with a known signature. */
const KNOWN = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: "1614265330",
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

function headers(wallMs: number, more: { id?: string; body?: string; secret?: string } = {}): Record<string, string> {
  const id = more.id ?? "voepy_evt_1";
  const timestamp = String(Math.floor(wallMs / 1000));
  const key = Buffer.from((more.secret ?? SECRET).slice(6), "base64");
  const signature = createHmac("sha256", key)
    .update(`${id}.${timestamp}.${more.body ?? BODY}`)
    .digest("base64");
  return { "Webhook-Id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,bogus v1,${signature}` };
}

function post(sink: WebhookSink, given: Record<string, string>, body = BODY) {
  return sink.fetch({
    method: "POST",
    url: "http://app.test/hooks",
    headers: given,
    body,
    timeoutMs: 5000,
    maxBytes: 1024,
    maxRedirects: 0,
  });
}

test("a well signed webhook is taken and can be asked for", async () => {
  const clock = new VirtualClock();
  const sink = new WebhookSink({ clock, secrets: ["whsec_b3RoZXI=", SECRET] });
  expect((await post(sink, headers(clock.wallMs()))).status).toBe(200);
  expect(sink.problems()).toEqual([]);
  expect(sink.eventTypes("voepy_call_1")).toEqual(["call.started"]);
  expect(sink.eventTypes("voepy_call_2")).toEqual([]);
});

test("the specification's own example signature is found good", async () => {
  const clock = new VirtualClock({ wallMs: Number(KNOWN.timestamp) * 1000 });
  const sink = new WebhookSink({ clock, secrets: [KNOWN.secret] });
  const given = {
    "webhook-id": KNOWN.id,
    "webhook-timestamp": KNOWN.timestamp,
    "webhook-signature": KNOWN.signature,
  };
  await post(sink, given, KNOWN.body);
  // Its body is none of ours: that, and not the signature, is what is complained about.
  expect(sink.problems()).toEqual(["the body lacks event_type, sequence or data"]);
});

test.each<[string, Record<string, string>, string]>([
  ["another body", { body: `${BODY} ` }, "no good signature"],
  ["another secret", { secret: "whsec_b3RoZXI=" }, "no good signature"],
  ["a dot in the id", { id: "evt.1" }, "has a dot"],
])("a webhook signed with %s is found out", async (_, more, problem) => {
  const clock = new VirtualClock();
  const sink = new WebhookSink({ clock, secrets: [SECRET] });
  await post(sink, headers(clock.wallMs(), more));
  expect(sink.problems()[0]).toContain(problem);
  expect(sink.accepted()).toEqual([]);
});

test("an old timestamp, no headers and a body that is no JSON are found out", async () => {
  const clock = new VirtualClock();
  const sink = new WebhookSink({ clock, secrets: [SECRET] });
  await post(sink, headers(clock.wallMs() - 301_000));
  await post(sink, {});
  await post(sink, {}, "{");
  expect(sink.problems()).toEqual([
    expect.stringContaining("s away from now"),
    "webhook-id is missing",
    "the body is not a JSON object",
  ]);
});

test("it can answer 500, be down, and be slower than the sender waits", async () => {
  const clock = new VirtualClock();
  const sink = new WebhookSink({ clock, secrets: [SECRET] });
  sink.behave({ status: 500, body: "no" });
  expect((await post(sink, headers(clock.wallMs()))).status).toBe(500);
  sink.behave({ isDown: true });
  await expect(post(sink, headers(clock.wallMs()))).rejects.toMatchObject({ code: "media_unreachable" });
  sink.behave({ delayMs: 60_000 });
  const slow = post(sink, headers(clock.wallMs()));
  await expect(clock.resolve(slow)).rejects.toThrow(/within 5000 ms/);
  expect(clock.nowMs()).toBe(5000);
  expect(sink.received.map((one) => one.status)).toEqual([500, undefined, 200]);
});

test("a repeated webhook-id is accepted once", async () => {
  const clock = new VirtualClock();
  const sink = new WebhookSink({ clock, secrets: [SECRET] });
  sink.behave(() => ({ status: sink.received.length === 0 ? 503 : 200 }));
  for (let i = 0; i < 3; i++) await post(sink, headers(clock.wallMs()));
  expect(sink.received.length).toBe(3);
  expect(sink.accepted().length).toBe(1);
});

test("behind a real server it does the same @net", async () => {
  const sink = new WebhookSink({ clock: systemClock, secrets: [SECRET] });
  const server = await sink.listen();
  const response = await fetch(server.url, { method: "POST", headers: headers(systemClock.wallMs()), body: BODY });
  expect(response.status).toBe(200);
  expect(sink.eventTypes()).toEqual(["call.started"]);
  sink.behave({ isDown: true });
  await expect(fetch(server.url, { method: "POST", body: BODY })).rejects.toThrow();
  await server.close();
});
