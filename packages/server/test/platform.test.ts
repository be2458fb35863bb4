import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { World } from "./world.ts";

const ADMIN_KEY = "voepy_admin_0123456789";
const ADMIN = { authorization: `Bearer ${ADMIN_KEY}` };

let world: World;
beforeEach(async () => {
  world = await World.open(`api: {admin_key: ${ADMIN_KEY}}\nstorage: {retention_days: 2}\n`);
});
afterEach(() => world.close());

const made = async (path: string, body: unknown, headers = {}) => {
  const answer = await world.api("POST", path, body, headers);
  expect([path, answer.status, answer.body]).toEqual([path, 201, answer.body]);
  return answer.body;
};

const sandboxCall = (to: string, more = {}) => ({ from: "+15125550100", to, route_id: "voepy_route_sandbox", ...more });

describe("what the API changes", () => {
  test("counts for the next call: a number is answered, changed and gone at once", async () => {
    const trunk = await world.phone("trunk");
    const number = "+15125550177";
    const callIt = async () => {
      const call = await trunk.dial(number);
      await world.clock.advance(1_000);
      const { status } = call;
      call.hangUp();
      await world.clock.advance(1_000);
      return status;
    };
    expect(await callIt()).toBe(404);
    const { id } = await made("/v1/phone_numbers", { number, inbound_action: { type: "echo" } });
    expect(await callIt()).toBe(200);
    await world.api("PATCH", `/v1/phone_numbers/${id}`, { inbound_action: { type: "reject", cause: "user_busy" } });
    expect(await callIt()).toBe(486);
    await world.api("DELETE", `/v1/phone_numbers/${id}`);
    expect(await callIt()).toBe(404);
  });

  test("counts for phones: a user registers, is shown with its contact, and is forgotten with it", async () => {
    const user = await made("/v1/sip_users", { username: "carol", password: "long enough", number: "+15125550166" });
    const phone = await world.phone("carol", { password: "long enough", domain: "voepy.local" });
    await world.clock.resolve(phone.register());
    const shown = (await world.api("GET", `/v1/sip_users/${user.id}`)).body;
    expect(shown.contacts).toMatchObject([
      { transport: "udp", address: expect.stringMatching(/^10\.0\.1\.\d+:5060$/) },
    ]);
    await world.api("DELETE", `/v1/sip_users/${user.id}`);
    // Whoever gets the name next must not reach the phone of the one before.
    const next = await made("/v1/sip_users", { username: "carol", password: "another one" });
    expect(next.contacts).toEqual([]);
  });

  test("counts for quotas: the admin key sets how many calls a tenant may have", async () => {
    const quota = await world.api("PUT", "/v1/tenants/default/quota", { max_concurrent_calls: 1 }, ADMIN);
    expect(quota.status).toBe(200);
    const dial = () => world.api("POST", "/v1/calls", sandboxCall("+15005550001"));
    expect((await dial()).status).toBe(201);
    expect((await dial()).body.error.code).toBe("concurrency_limit_exceeded");
  });

  test("counts for tenants: a new one's first key configures it and makes its first call", async () => {
    const tenant = await made("/v1/tenants", { id: "acme" }, ADMIN);
    const key = { authorization: `Bearer ${tenant.api_key.key}` };
    await made("/v1/phone_numbers", { number: "+15125550155" }, key);
    await made("/v1/calls", sandboxCall("+15005550001", { from: "+15125550155" }), key);
    const refused = await world.api("POST", "/v1/calls", sandboxCall("+15005550001"), key);
    expect(refused.body.error.code).toBe("from_number_not_owned");
  });
});

describe("webhooks", () => {
  test("a test event arrives at the endpoint, and again when it is sent again", async () => {
    const [webhook] = (await world.api("GET", "/v1/webhooks")).body.data;
    const delivery = (await world.api("POST", `/v1/webhooks/${webhook.id}/test`)).body;
    const tests = () => world.hooks.received.filter(({ eventType }) => eventType === "webhook.test");
    await world.clock.until(() => tests().length === 1);
    await world.api("POST", `/v1/webhooks/${webhook.id}/deliveries/${delivery.id}/redeliver`);
    await world.clock.until(() => tests().length === 2);
    const { body } = await world.api("GET", `/v1/webhooks/${webhook.id}/deliveries`);
    expect(body.data).toMatchObject([{ id: delivery.id, status: "delivered", attempts: 1 }]);
  });
});

describe("what is kept for a time only", () => {
  const DAY_MS = 24 * 3_600_000;

  test("recordings expire: the file goes, the row stays and says so", async () => {
    const { id: callId } = await made("/v1/calls", sandboxCall("+15005550001", { record: "on_answer" }));
    await world.clock.until(() => world.eventsOf(callId).includes("call.answered"));
    await world.clock.advance(2_000);
    await world.act(callId, "hangup");
    await world.eventually(callId, "recording.completed");
    const [recording] = (await world.api("GET", `/v1/recordings?call_id=${callId}`)).body.data;
    expect(recording.status).toBe("available");
    await world.clock.advance(DAY_MS);
    expect((await world.api("GET", `/v1/recordings/${recording.id}`)).body.status).toBe("available");
    await world.clock.advance(DAY_MS);
    const read = async () => (await world.api("GET", `/v1/recordings/${recording.id}`)).body;
    // Each round works on files, for which virtual time does not wait: the next finds what this one left.
    for (let hours = 0; hours < 50 && (await read()).status === "available"; hours++) {
      await world.clock.advance(3_600_000);
    }
    expect(await read()).toMatchObject({ status: "expired", download_url: null });
    expect(await readdir(join(world.folder, "recordings"), { recursive: true })).not.toContain(`${recording.id}.wav`);
  });
});

test("uploaded audio is decoded to know its length", async () => {
  const samples = 8000;
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples * 2, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples * 2, 40);
  world.files.set("https://example.com/tone.wav", Buffer.concat([head, Buffer.alloc(samples * 2, 1)]));
  const media = await made("/v1/media", { name: "tone", url: "https://example.com/tone.wav" });
  expect(media).toMatchObject({ name: "tone", format: "wav", duration_millis: 1000 });
  world.files.set("https://example.com/broken.wav", head);
  const refused = await world.api("POST", "/v1/media", { name: "broken", url: "https://example.com/broken.wav" });
  expect(refused.body.error.code).toBe("media_unreachable");
});
