/** baresip registered as two users: who hears whom is told by the pitch each of them plays. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mediaCodecs } from "@voepy/media-engine";
import { heardHz, readWav } from "@voepy/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasCodec, hasSrtp, type Phone, type PhoneCodec, startPhone } from "./baresip.ts";
import { hasCommand, sleep, until } from "./child.ts";
import { type CallJson, NUMBERS, type RecordingJson, SIP_DOMAIN, startWorld, USERS, type World } from "./harness.ts";

const ALICE_HZ = 440;
const BOB_HZ = 620;
const RATE_HZ = 8000;

/** The middle second of what was heard: clear of the call's ends. */
const middle = (pcm: Int16Array): Int16Array =>
  pcm.subarray(Math.max(0, pcm.length / 2 - RATE_HZ / 2), pcm.length / 2 + RATE_HZ / 2);

describe.skipIf(!hasCommand("baresip"))("baresip", () => {
  let world: World;
  let folder: string;
  const phones: Phone[] = [];

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());
  afterEach(async () => {
    for (const phone of phones.splice(0)) await phone.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Ways {
    readonly transport?: "udp" | "tcp";
    readonly codec?: PhoneCodec;
    readonly srtp?: boolean;
  }
  const makePhone = async (
    username: string,
    password: string,
    toneHz: number,
    { transport = "udp", codec, srtp }: Ways = {},
  ): Promise<Phone> => {
    if (phones.length === 0) folder = mkdtempSync(join(tmpdir(), "voepy-phones-"));
    const phone = await startPhone({
      folder,
      username,
      password,
      domain: SIP_DOMAIN,
      sipPort: world.sipPort,
      transport,
      toneHz,
      codec,
      srtp,
    });
    phones.push(phone);
    return phone;
  };
  const makeAlice = async (ways?: Ways): Promise<Phone> => {
    const phone = await makePhone("alice", "wonderland", ALICE_HZ, ways);
    expect(await phone.registered()).toBe("200 OK");
    return phone;
  };
  const makeBob = async (ways?: Ways): Promise<Phone> => {
    const phone = await makePhone("bob", "builder", BOB_HZ, ways);
    expect(await phone.registered()).toBe("200 OK");
    return phone;
  };
  const latestCallTo = (number: string, ...statuses: string[]): Promise<CallJson> =>
    until(`a call to ${number}`, async () => {
      const path = `/v1/calls?to_number=${encodeURIComponent(number)}`;
      const [latest] = (await world.api<{ data: CallJson[] }>("GET", path)).body.data;
      return latest !== undefined && statuses.includes(latest.status) ? latest : undefined;
    });

  test("carol is not registered with a wrong password", async () => {
    const carol = await makePhone("carol", "guess", ALICE_HZ);
    expect(await carol.registered()).toBe("401 Unauthorized");
  });

  test.each(["udp", "tcp"] as const)(
    "alice, registered over %s, calls a number that echoes and hears herself",
    async (transport) => {
      const alice = await makeAlice({ transport });
      await alice.dial(`sip:${NUMBERS.echo}@${SIP_DOMAIN}`);
      await alice.waitFor("CALL_ESTABLISHED");
      await sleep(2500);
      await alice.hangUp();
      await alice.waitFor("CALL_CLOSED");
      expect(heardHz(middle(alice.heard()))).toEqual([ALICE_HZ]);
      const call = await latestCallTo(NUMBERS.echo, "ended");
      expect(call).toMatchObject({
        direction: "inbound",
        from: USERS.alice,
        end_reason: "completed",
        end_initiator: "caller",
      });
    },
  );

  test("alice, called through the API by her number, answers and is heard in the recording", async () => {
    const alice = await makeAlice();
    const dialled = await world.api("POST", "/v1/calls", {
      from: NUMBERS.echo,
      to: USERS.alice,
      record: "on_answer",
      record_format: "wav",
    });
    expect(dialled.status, JSON.stringify(dialled.body)).toBe(201);
    await alice.waitFor("CALL_ESTABLISHED");
    await world.callBecomes(dialled.body.id, "answered");
    await sleep(2500);
    await world.act(dialled.body.id, "hangup");
    await alice.waitFor("CALL_CLOSED");
    const { channels } = await download(world, dialled.body.id);
    expect(channels).toHaveLength(1);
    expect(heardHz(middle(channels[0] ?? new Int16Array()))).toEqual([ALICE_HZ]);
  });

  test("alice calls bob: each hears the other by pitch, and each is in their own channel of the dual recording", async () => {
    const [alice, bob] = [await makeAlice(), await makeBob()];
    await alice.dial(`sip:${NUMBERS.toBob}@${SIP_DOMAIN}`);
    await bob.waitFor("CALL_ESTABLISHED");
    const call = await latestCallTo(NUMBERS.toBob, "bridged");
    await sleep(1000);
    await world.act(call.id, "start_recording", { channels: "dual", format: "wav" });
    await sleep(3000);
    await alice.hangUp();
    await Promise.all([alice.waitFor("CALL_CLOSED"), bob.waitFor("CALL_CLOSED")]);
    expect(heardHz(middle(alice.heard())), "what alice heard").toEqual([BOB_HZ]);
    expect(heardHz(middle(bob.heard())), "what bob heard").toEqual([ALICE_HZ]);
    const { channels } = await download(world, call.id);
    expect(channels.map((channel) => heardHz(middle(channel)))).toEqual([[ALICE_HZ], [BOB_HZ]]);
    expect((channels[0]?.length ?? 0) / RATE_HZ).toBeGreaterThan(2.5);
    expect(await latestCallTo(NUMBERS.toBob, "ended")).toMatchObject({
      end_reason: "completed",
      end_initiator: "caller",
    });
  });

  const engine = new Set<string>(mediaCodecs());
  const canSpeak = (codec: PhoneCodec): boolean => hasCodec(codec) && engine.has(codec.toUpperCase());
  describe.each([
    ["G722", "PCMU"],
    ["PCMU", "G722"],
    ["opus", "PCMU"],
    ["G722", "opus"],
    ["opus", "opus"],
  ] as const)("alice by %s and bob by %s", (hers, his) =>
    test.skipIf(!canSpeak(hers) || !canSpeak(his))("hear each other by pitch", async () => {
      const [alice, bob] = [await makeAlice({ codec: hers }), await makeBob({ codec: his })];
      await alice.dial(`sip:${NUMBERS.toBobWide}@${SIP_DOMAIN}`);
      await bob.waitFor("CALL_ESTABLISHED");
      await latestCallTo(NUMBERS.toBobWide, "bridged");
      await sleep(3000);
      await alice.hangUp();
      await Promise.all([alice.waitFor("CALL_CLOSED"), bob.waitFor("CALL_CLOSED")]);
      expect(heardHz(middle(alice.heard())), "what alice heard").toEqual([BOB_HZ]);
      expect(heardHz(middle(bob.heard())), "what bob heard").toEqual([ALICE_HZ]);
    }),
  );

  test.skipIf(!hasSrtp())("alice, encrypted (RFC 4568), and bob, in the clear, hear each other", async () => {
    const [alice, bob] = [await makeAlice({ srtp: true }), await makeBob()];
    await alice.dial(`sip:${NUMBERS.toBob}@${SIP_DOMAIN}`);
    await bob.waitFor("CALL_ESTABLISHED");
    const call = await latestCallTo(NUMBERS.toBob, "bridged");
    await sleep(3000);
    const { body } = await world.api<{ legs: { path: string; describe: string }[] }>(
      "GET",
      `/v1/calls/${call.id}/stats`,
    );
    expect(body.legs.map(({ path }) => path)).toEqual(["relay", "relay"]);
    expect(body.legs.map(({ describe: path }) => path.includes("srtp"))).toEqual([true, false]);
    await alice.hangUp();
    await Promise.all([alice.waitFor("CALL_CLOSED"), bob.waitFor("CALL_CLOSED")]);
    expect(heardHz(middle(alice.heard())), "what alice heard").toEqual([BOB_HZ]);
    expect(heardHz(middle(bob.heard())), "what bob heard").toEqual([ALICE_HZ]);
  });

  test("bob hanging up ends alice's call too", async () => {
    const [alice, bob] = [await makeAlice(), await makeBob()];
    await alice.dial(`sip:${NUMBERS.toBob}@${SIP_DOMAIN}`);
    await Promise.all([alice.waitFor("CALL_ESTABLISHED"), bob.waitFor("CALL_ESTABLISHED")]);
    await latestCallTo(NUMBERS.toBob, "bridged");
    await bob.hangUp();
    await alice.waitFor("CALL_CLOSED");
    expect(await latestCallTo(NUMBERS.toBob, "ended")).toMatchObject({
      end_reason: "completed",
      end_initiator: "callee",
    });
  });

  test("alice is transferred to bob through the API, and both hear each other", async () => {
    const [alice, bob] = [await makeAlice(), await makeBob()];
    await alice.dial(`sip:${NUMBERS.webhook}@${SIP_DOMAIN}`);
    const call = await latestCallTo(NUMBERS.webhook, "ringing");
    await world.act(call.id, "answer");
    await alice.waitFor("CALL_ESTABLISHED");
    await world.act(call.id, "transfer", { to: USERS.bob });
    await bob.waitFor("CALL_ESTABLISHED");
    const bridged = await world.callBecomes(call.id, "bridged");
    expect(bridged.legs).toHaveLength(2);
    await sleep(2500);
    await world.act(call.id, "hangup");
    await Promise.all([alice.waitFor("CALL_CLOSED"), bob.waitFor("CALL_CLOSED")]);
    expect(heardHz(middle(bob.heard()))).toEqual([ALICE_HZ]);
    // Alice heard ringback first: her last second is bob's.
    expect(heardHz(alice.heard().subarray(-RATE_HZ * 1.2, -RATE_HZ * 0.2))).toEqual([BOB_HZ]);
  });

  test("digits that alice presses are gathered", async () => {
    const alice = await makeAlice();
    await alice.dial(`sip:${NUMBERS.webhook}@${SIP_DOMAIN}`);
    const call = await latestCallTo(NUMBERS.webhook, "ringing");
    await world.act(call.id, "answer");
    await alice.waitFor("CALL_ESTABLISHED");
    await world.act(call.id, "gather", { maximum_digits: 4, terminating_digit: "#" });
    await alice.sendDigits("42#");
    const gathered = await world.hooks.waitFor("call.gather_complete", call.id);
    expect(gathered.data).toMatchObject({ status: "valid", digits: "42" });
    await world.act(call.id, "hangup");
    await alice.waitFor("CALL_CLOSED");
  });
});

/** The call's recording, fetched by its signed link without a key. */
async function download(world: World, callId: string): Promise<{ channels: readonly Int16Array[] }> {
  const recording = await until("an available recording", async () => {
    const { body } = await world.api<{ data: RecordingJson[] }>("GET", `/v1/recordings?call_id=${callId}`);
    return body.data.find((candidate) => candidate.status === "available");
  });
  const response = await fetch(String(recording.download_url));
  expect(response.status).toBe(200);
  await world.hooks.waitFor("recording.completed", callId);
  const wav = readWav(new Uint8Array(await response.arrayBuffer()));
  expect(wav.rateHz).toBe(RATE_HZ);
  return wav;
}
