/** `speak` and `gather_using_speak` on whole calls in virtual time; an engine of tones tells by its pitch what was said. */
import { heardAmong, makeTone, makeWav, type Phone } from "@voepy/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { World } from "./world.ts";

let world: World;
let alice: Phone;
let id: string;

beforeEach(async () => {
  world = await World.open();
  alice = await world.softphone("alice");
  const { body } = await world.api("POST", "/v1/calls", { from: "+15125550100", to: "+15125550199" });
  id = body.id;
  await world.clock.advance(200);
  alice.call!.answer();
  await world.clock.until(() => world.eventsOf(id).includes("call.answered"), 2000);
});
afterEach(() => world.close());

const VOICE = "Polly.Joanna";

const speak = (payload: string, more: object = {}) =>
  world.api("POST", `/v1/calls/${id}/actions/speak`, { payload, voice: VOICE, ...more });

const speechEvents = (): string[] => world.eventsOf(id).filter((type) => /speak|playback|gather/.test(type));

/** Pitches of what was heard from `sinceMs` on, in their order, silence left out. */
function heardInTurn(sinceMs: number): number[] {
  const pcm = alice.call!.media.pcm(sinceMs);
  const heard: number[] = [];
  for (let at = 0; at + 800 <= pcm.length; at += 400) {
    const [hz] = heardAmong(pcm.subarray(at, at + 800), [440, 620, 880]);
    if (hz !== undefined && hz !== heard.at(-1)) heard.push(hz);
  }
  return heard;
}

describe("speak", () => {
  test("is heard sentence after sentence, without a gap, and told once", async () => {
    const sinceMs = world.clock.nowMs();
    expect((await speak("440 hertz. 620 hertz of a longer sentence.")).status).toBe(200);
    await world.clock.advance(3000);
    expect(heardInTurn(sinceMs)).toEqual([440, 620]);
    expect(speechEvents()).toEqual(["call.speak_started", "call.speak_ended"]);
    const { speak_id: speakId } = world.eventData(id, "call.speak_started");
    expect(speakId).toMatch(/^voepy_play_/);
    expect(world.eventData(id, "call.speak_ended")).toMatchObject({ speak_id: speakId, status: "completed" });
    expect(alice.call!.media.continuity()).toMatchObject({ missing: 0, duplicates: 0 });
  });

  test("begins with the first sentence while the next is still being made", async () => {
    await speak("440 hertz. The next one is slow, that is 620 hertz.");
    await world.clock.advance(400);
    expect(alice.call!.media.heardHz(200)).toEqual([440]);
    await world.clock.advance(1000);
    expect(alice.call!.media.heardHz(200)).toEqual([]);
    expect(speechEvents()).toEqual(["call.speak_started"]);
    await world.clock.advance(2000);
    expect(speechEvents()).toEqual(["call.speak_started", "call.speak_ended"]);
  });

  test("shares its queue with play, in the order they were asked for", async () => {
    world.files.set("https://files.test/a.wav", makeWav([makeTone(880, 500)]));
    const sinceMs = world.clock.nowMs();
    await speak("440 slow hertz.");
    await world.act(id, "play", { url: "https://files.test/a.wav" });
    await speak("620 hertz.");
    await world.clock.advance(5000);
    expect(heardInTurn(sinceMs)).toEqual([440, 880, 620]);
    expect(speechEvents()).toEqual([
      "call.speak_started",
      "call.speak_ended",
      "call.playback_started",
      "call.playback_ended",
      "call.speak_started",
      "call.speak_ended",
    ]);
  });

  test("takes SSML: silence of its length, another rate", async () => {
    const sinceMs = world.clock.nowMs();
    await speak('<speak>440 hertz.<break time="700ms"/><prosody rate="50%">620 hertz.</prosody></speak>');
    await world.clock.advance(4000);
    const pcm = alice.call!.media.pcm(sinceMs);
    const isLoud = (at: number): boolean => pcm.subarray(at, at + 80).some((sample) => Math.abs(sample) > 1000);
    const loud = Array.from({ length: Math.floor(pcm.length / 80) }, (_, i) => isLoud(i * 80));
    const first = loud.indexOf(true);
    const quiet = loud.indexOf(false, first);
    const again = loud.indexOf(true, quiet);
    const runsMs = [quiet - first, again - quiet, loud.indexOf(false, again) - again].map((run) => run * 10);
    [500, 700, 1000].forEach((expected, index) => expect(Math.abs(runsMs[index]! - expected)).toBeLessThanOrEqual(40));
  });

  test("repeats by loop until stop_playback, which ends all of it at once", async () => {
    await speak("440 hertz. 620 hertz of a longer sentence.", { loop: 0 });
    await world.clock.advance(4000);
    await world.act(id, "stop_playback");
    await world.clock.advance(500);
    expect(alice.call!.media.heardHz(200)).toEqual([]);
    expect(world.eventData(id, "call.speak_ended")).toMatchObject({ status: "cancelled" });
    expect(speechEvents()).toEqual(["call.speak_started", "call.speak_ended"]);
  });

  test("stopped by stop_playback says none of its further sentences; what comes behind it plays", async () => {
    await speak("440 hertz. 620 hertz of a longer sentence. 700 hertz.");
    await speak("880 hertz.");
    await world.clock.advance(200);
    const sinceMs = world.clock.nowMs();
    await world.act(id, "stop_playback", { stop: "current" });
    await world.clock.advance(1500);
    expect(heardInTurn(sinceMs + 40)).toEqual([880]);
    const ended = world.hooks.received.filter((hook) => hook.eventType === "call.speak_ended");
    expect(ended.map((hook) => hook.data.status)).toEqual(["cancelled", "completed"]);
  });

  test("that is still being made when all is stopped is never heard", async () => {
    await speak("440 slow hertz.");
    await world.act(id, "stop_playback", { stop: "all" });
    await world.clock.advance(4000);
    expect(speechEvents()).toEqual(["call.speak_ended"]);
    expect(alice.call!.media.heardHz(2000)).toEqual([]);
  });

  test("ends as call_hangup with its call", async () => {
    await speak("440 slow hertz.");
    await world.clock.advance(100);
    alice.call!.hangUp();
    await world.clock.advance(5000);
    expect(world.eventData(id, "call.speak_ended")).toMatchObject({ status: "call_hangup" });
    expect(world.eventsOf(id).slice(-2)).toEqual(["call.speak_ended", "call.ended"]);
  });

  test.each([
    ["440 hertz. Then it is broken and says nothing.", "out of breath"],
    ["440 hertz. Then it is stuck.", "did not end within 15000 ms"],
  ])(
    "whose engine fails in the middle ends as failed with the reason, and the call goes on (%s)",
    async (text, why) => {
      await speak(text);
      await world.clock.advance(20_000);
      expect(world.eventData(id, "call.speak_ended")).toMatchObject({ status: "failed" });
      expect(world.eventData(id, "call.speak_ended").error).toContain(why);
      expect((await world.call(id)).status).toBe("answered");
    },
  );

  test("is refused with its reason", async () => {
    const refusal = async (payload: string, more: object = {}) => (await speak(payload, more)).body.error;
    expect((await speak("a".repeat(3001))).status).toBe(400);
    expect(await refusal("a".repeat(3001))).toMatchObject({ code: "invalid_request", param: "payload" });
    expect(await refusal("<speak>Hello <break</speak>")).toMatchObject({
      code: "invalid_request",
      param: "payload",
      message: expect.stringContaining("line 1, column 14"),
    });
    expect((await speak("Hello", { voice: "Polly.Nobody" })).status).toBe(422);
    expect(await refusal("Hello", { voice: "Nobody" })).toMatchObject({
      code: "voice_not_available",
      param: "voice",
      details: { voices: ["Fake.anna", "Fake.otto"] },
    });
    expect(await refusal("Hallo", { language: "de-DE" })).toMatchObject({
      code: "voice_not_available",
      param: "language",
    });
    expect(await refusal("Hello", { target_legs: "opposite" })).toMatchObject({ code: "call_not_in_required_state" });
    expect(speechEvents()).toEqual([]);
  });

  test("made before is not made again", async () => {
    await speak("440 slow hertz.");
    await world.clock.advance(4000);
    const sinceMs = world.clock.nowMs();
    await speak("440 slow hertz.");
    await world.clock.advance(200);
    expect(heardInTurn(sinceMs)).toEqual([440]);
  });
});

describe("gather_using_speak", () => {
  const gather = (more: object = {}) =>
    world.act(id, "gather_using_speak", {
      payload: "440 hertz.",
      voice: VOICE,
      invalid_payload: "620 hertz.",
      maximum_digits: 4,
      timeout_millis: 5000,
      ...more,
    });

  test("speaks, then collects", async () => {
    await gather();
    await world.clock.advance(1500);
    alice.call!.media.press("42#");
    await world.clock.advance(2000);
    expect(world.eventData(id, "call.gather_complete")).toMatchObject({ digits: "42", status: "valid" });
    expect(speechEvents()).toEqual(["call.speak_started", "call.speak_ended", "call.gather_complete"]);
  });

  test("the first digit cuts what is spoken", async () => {
    await gather({ payload: "440 hertz. 700 hertz of a longer sentence. 880 hertz." });
    await world.clock.advance(200);
    alice.call!.media.press("7");
    await world.clock.advance(300);
    expect(alice.call!.media.heardHz(100)).toEqual([]);
    expect(world.eventData(id, "call.speak_ended")).toMatchObject({ status: "cancelled" });
  });

  test("after a bad entry says so and speaks again", async () => {
    await gather({ valid_digits: "12", maximum_tries: 2 });
    await world.clock.advance(1000);
    const sinceMs = world.clock.nowMs();
    alice.call!.media.press("9");
    await world.clock.advance(2000);
    expect(heardInTurn(sinceMs)).toEqual([620, 440]);
  });

  test("collects although its prompt could not be made", async () => {
    await gather({ payload: "broken" });
    await world.clock.advance(500);
    alice.call!.media.press("5#");
    await world.clock.advance(1000);
    expect(world.eventData(id, "call.gather_complete")).toMatchObject({ digits: "5", status: "valid" });
    expect(world.eventData(id, "call.speak_ended")).toMatchObject({ status: "failed" });
  });

  test("goes on to collect when its prompt is stopped before it was heard", async () => {
    await gather({ payload: "440 slow hertz.", maximum_tries: 1 });
    await world.act(id, "stop_playback", { stop: "all" });
    await world.clock.advance(6000);
    expect(world.eventData(id, "call.gather_complete")).toMatchObject({ status: "timeout" });
  });
});

test("target_legs both speaks to both parties of a bridge, each told with its own id", async () => {
  const bob = await world.softphone("bob");
  await world.act(id, "transfer", { to: "+15125550198" });
  await world.clock.advance(300);
  bob.call!.answer();
  await world.clock.until(() => world.eventsOf(id).includes("call.bridged"), 2000);
  await speak("880 hertz.", { target_legs: "both" });
  await world.clock.advance(400);
  for (const phone of [alice, bob]) expect(phone.call!.media.heardHz(200)).toEqual([880]);
  const started = world.hooks.received.filter((hook) => hook.eventType === "call.speak_started");
  expect(new Set(started.map((hook) => hook.data.speak_id)).size).toBe(2);
  expect(new Set(started.map((hook) => hook.data.leg_id)).size).toBe(2);
});

test("a conference is spoken to as a whole", async () => {
  await world.act(id, "join_conference", { conference: "standup" });
  const room = (await world.api("GET", "/v1/conferences")).body.data[0].id;
  const spoken = (body: object) =>
    world.api("POST", `/v1/conferences/${room}/actions/speak`, { voice: VOICE, payload: "880 hertz.", ...body });
  expect((await spoken({})).status).toBe(200);
  await world.clock.advance(400);
  expect(alice.call!.media.heardHz(200)).toEqual([880]);
  expect(await spoken({ voice: "Nobody" })).toMatchObject({ status: 422, body: { error: { param: "voice" } } });
});

test("GET /v1/voices tells who can speak", async () => {
  const all = await world.api("GET", "/v1/voices");
  expect(all.body.data).toEqual([
    { id: "Fake.anna", engine: "embedded", language: "en-US", gender: "female" },
    { id: "Fake.otto", engine: "embedded", language: "en-US", gender: "male" },
  ]);
  expect((await world.api("GET", "/v1/voices?language=de")).body.data).toEqual([]);
});
