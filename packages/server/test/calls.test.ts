/** The main job, told as users would: each test is a whole server, phones and webhooks in virtual time. */
import { heardHz, makeTone, makeWav, readWav } from "@voepy/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KEY, World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const FROM = "+15125550100";

describe("an outbound call", () => {
  test("rings a softphone, is answered, carries sound both ways and ends with the callee", async () => {
    const alice = await world.softphone("alice", { toneHz: 440 });
    const dialled = await world.api("POST", "/v1/calls", {
      from: FROM,
      to: "+15125550199",
      customer_reference: "cart-1",
    });
    expect(dialled.status).toBe(201);
    expect(dialled.body).toMatchObject({
      status: "initiated",
      direction: "outbound",
      from: FROM,
      customer_reference: "cart-1",
    });
    const { id } = dialled.body;
    await world.clock.advance(200);
    alice.call!.ring();
    await world.clock.advance(1000);
    expect((await world.call(id)).status).toBe("ringing");
    alice.call!.answer();
    await world.clock.advance(3000);
    expect(await world.call(id)).toMatchObject({ status: "answered", legs: [{ status: "answered" }] });
    expect(alice.call!.media.continuity().ssrcs).toHaveLength(1);
    alice.call!.hangUp();
    await world.clock.advance(500);
    expect(await world.call(id)).toMatchObject({
      status: "ended",
      end_reason: "completed",
      end_initiator: "callee",
      duration_seconds: 3,
    });
    expect(world.eventsOf(id)).toEqual(["call.started", "call.ringing", "call.answered", "call.ended"]);
    expect(world.hooks.received.every((hook) => hook.problem === undefined)).toBe(true);
  });

  test.each([
    [486, "busy"],
    [603, "rejected"],
    [404, "not_found"],
    [480, "no_answer"],
    [488, "codec_mismatch"],
    [503, "carrier_error"],
  ])("refused with %i ends as failed, %s, by the callee", async (status, reason) => {
    const alice = await world.softphone("alice");
    const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
    await world.clock.advance(100);
    alice.call!.reject(status);
    await world.clock.advance(500);
    expect(await world.call(body.id)).toMatchObject({
      status: "failed",
      end_reason: reason,
      end_initiator: "callee",
      sip_code: status,
      duration_seconds: null,
    });
    expect(world.eventsOf(body.id)).toEqual(["call.started", "call.ringing", "call.ended"]);
  });

  test("that nobody answers ends after timeout_secs, and the phone stops ringing", async () => {
    const alice = await world.softphone("alice");
    const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199", timeout_secs: 5 });
    await world.clock.advance(100);
    alice.call!.ring();
    await world.clock.advance(6000);
    expect(await world.call(body.id)).toMatchObject({
      status: "failed",
      end_reason: "no_answer",
      end_initiator: "system",
    });
    expect(alice.call!.isOver).toBe(true);
  });

  test("to a user without contacts fails as no_answer, 480", async () => {
    const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "sip:alice@voepy.local" });
    await world.clock.advance(100);
    expect(await world.call(body.id)).toMatchObject({ status: "failed", end_reason: "no_answer", sip_code: 480 });
  });

  test("rings all contacts of a user; the first to answer has it, the rest stop", async () => {
    const desk = await world.softphone("alice");
    const mobile = await world.softphone("alice");
    const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
    await world.clock.advance(100);
    desk.call!.ring();
    mobile.call!.ring();
    await world.clock.advance(500);
    mobile.call!.answer();
    await world.clock.advance(500);
    expect(mobile.call!.state).toBe("answered");
    expect(desk.call!.isOver).toBe(true);
    expect((await world.call(body.id)).status).toBe("answered");
  });

  test("is cut off at time_limit_secs", async () => {
    const alice = await world.softphone("alice");
    const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199", time_limit_secs: 10 });
    await world.clock.advance(100);
    alice.call!.answer();
    await world.clock.advance(11_000);
    expect(await world.call(body.id)).toMatchObject({
      status: "ended",
      end_reason: "time_limit",
      end_initiator: "system",
    });
    expect(alice.call!.isOver).toBe(true);
  });

  test("hung up by the API while it rings is canceled, after it is answered completed", async () => {
    const alice = await world.softphone("alice");
    const ringing = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
    await world.clock.advance(100);
    alice.call!.ring();
    await world.clock.advance(100);
    await world.act(ringing.body.id, "hangup");
    await world.clock.advance(500);
    expect(await world.call(ringing.body.id)).toMatchObject({
      status: "failed",
      end_reason: "canceled",
      end_initiator: "api",
    });
    const up = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
    await world.clock.advance(100);
    alice.call!.answer();
    await world.clock.advance(500);
    await world.act(up.body.id, "hangup");
    await world.clock.advance(500);
    expect(await world.call(up.body.id)).toMatchObject({
      status: "ended",
      end_reason: "completed",
      end_initiator: "api",
    });
    expect(alice.call!.isOver).toBe(true);
  });
});

describe("an inbound call", () => {
  test("from the trunk rings until the API answers, and ends with the caller", async () => {
    const trunk = await world.phone("trunk", { toneHz: 440 });
    const calling = await trunk.dial("+15125550100");
    await world.clock.advance(500);
    expect(calling.state).toBe("ringing");
    const id = world.lastStarted();
    expect(world.eventData(id, "call.started")).toMatchObject({
      direction: "inbound",
      status: "ringing",
      route_id: "trunk",
    });
    await world.act(id, "answer");
    await world.clock.advance(500);
    expect(calling.state).toBe("answered");
    calling.hangUp();
    await world.clock.advance(500);
    expect(await world.call(id)).toMatchObject({ status: "ended", end_reason: "completed", end_initiator: "caller" });
    expect(world.eventsOf(id)).toEqual(["call.started", "call.answered", "call.ended"]);
  });

  test.each([
    ["user_busy", 486, "busy"],
    ["rejected", 603, "rejected"],
  ])("rejected as %s gets %i", async (cause, status, reason) => {
    const trunk = await world.phone("trunk");
    const calling = await trunk.dial("+15125550100");
    await world.clock.advance(500);
    await world.act(world.lastStarted(), "reject", { cause });
    await world.clock.advance(500);
    expect(calling).toMatchObject({ state: "failed", status });
    expect(await world.call(world.lastStarted())).toMatchObject({
      status: "failed",
      end_reason: reason,
      end_initiator: "api",
    });
  });

  test("nobody commands gets 480 after first_command_secs", async () => {
    const trunk = await world.phone("trunk");
    const calling = await trunk.dial("+15125550100");
    await world.clock.advance(61_000);
    expect(calling).toMatchObject({ state: "failed", status: 480 });
    expect(await world.call(world.lastStarted())).toMatchObject({ end_reason: "no_command", end_initiator: "system" });
  });

  test("answered twice at once is answered once", async () => {
    const trunk = await world.phone("trunk");
    const calling = await trunk.dial("+15125550100");
    await world.clock.advance(500);
    const path = `/v1/calls/${world.lastStarted()}/actions/answer`;
    const first = world.server.api.app.request(`http://voepy.test${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: "{}",
    });
    const second = await world.api("POST", path, {});
    const statuses = [(await world.clock.resolve(Promise.resolve(first))).status, second.status];
    expect(statuses.sort()).toEqual([200, 409]);
    await world.clock.advance(500);
    expect(calling.state).toBe("answered");
  });

  test("given up by the caller is canceled", async () => {
    const trunk = await world.phone("trunk");
    const calling = await trunk.dial("+15125550100");
    await world.clock.advance(500);
    calling.hangUp();
    await world.clock.advance(500);
    expect(await world.call(world.lastStarted())).toMatchObject({
      status: "failed",
      end_reason: "canceled",
      end_initiator: "caller",
    });
  });

  test("to a number we do not have gets 404, from a stranger 403, and no call comes of either", async () => {
    const trunk = await world.phone("trunk");
    const unknown = await trunk.dial("+15125559999");
    const stranger = await world.phone("stranger");
    const refused = await stranger.dial("+15125550100");
    await world.clock.advance(1000);
    expect(unknown.status).toBe(404);
    expect([401, 403]).toContain(refused.status);
    expect((await world.api("GET", "/v1/calls")).body.data).toEqual([]);
  });

  test("to a number with its own action needs no program: echo, reject, dial", async () => {
    const trunk = await world.phone("trunk", { toneHz: 440 });
    const alice = await world.softphone("alice", { toneHz: 620 });
    const echo = await trunk.dial("+15125550101");
    await world.clock.advance(1000);
    expect(echo.media.heardHz()).toEqual([440]);
    echo.hangUp();
    const busy = await trunk.dial("+15125550103");
    await world.clock.advance(500);
    expect(busy.status).toBe(486);
    const joined = await trunk.dial("+15125550102");
    await world.clock.advance(500);
    alice.call!.answer();
    await world.clock.advance(1500);
    expect(joined.media.heardHz()).toEqual([620]);
    expect(alice.call!.media.heardHz()).toEqual([440]);
    const id = world.lastStarted();
    expect(await world.call(id)).toMatchObject({ status: "bridged" });
    joined.hangUp();
    await world.clock.advance(500);
    expect(alice.call!.isOver).toBe(true);
    expect(world.eventsOf(id)).toEqual(["call.started", "call.answered", "call.bridged", "call.ended"]);
  });

  test("a softphone may dial the tenant's numbers; further only where it is allowed out", async () => {
    const alice = await world.softphone("alice", { toneHz: 440 });
    const bob = await world.softphone("bob", { toneHz: 620 });
    const echo = await alice.dial("+15125550101");
    await world.clock.advance(1500);
    expect(echo.media.heardHz()).toEqual([440]);
    const refused = await alice.dial("+15558675309");
    await world.clock.advance(500);
    expect(refused.status).toBe(403);
    const across = await bob.dial("+15125550199");
    await world.clock.advance(500);
    alice.calls.at(-1)!.answer();
    await world.clock.advance(1500);
    expect(across.media.heardHz()).toEqual([440]);
  });
});

describe("verbs", () => {
  async function answered(toneHz = 440) {
    const trunk = await world.phone("trunk", { toneHz });
    const calling = await trunk.dial("+15125550100");
    await world.clock.advance(300);
    const id = world.lastStarted();
    await world.act(id, "answer");
    await world.clock.advance(300);
    return { calling, id };
  }

  test("play is heard, told and can be stopped", async () => {
    world.files.set("https://files.test/a.wav", makeWav([makeTone(880, 2000)]));
    const { calling, id } = await answered();
    await world.act(id, "play", { url: "https://files.test/a.wav", client_state: "aGk=" });
    await world.clock.advance(1000);
    expect(calling.media.heardHz()).toEqual([880]);
    await world.clock.advance(2000);
    expect(calling.media.heardHz()).toEqual([]);
    await world.act(id, "play", { url: "https://files.test/a.wav", loop: 0 });
    await world.clock.advance(5000);
    expect(calling.media.heardHz()).toEqual([880]);
    await world.act(id, "stop_playback");
    await world.clock.advance(1000);
    expect(calling.media.heardHz()).toEqual([]);
    expect(world.eventsOf(id).slice(2)).toEqual([
      "call.playback_started",
      "call.playback_ended",
      "call.playback_started",
      "call.playback_ended",
    ]);
    expect(world.eventData(id, "call.playback_ended")).toMatchObject({ status: "completed", client_state: "aGk=" });
    expect(calling.media.continuity()).toMatchObject({ missing: 0, duplicates: 0 });
  });

  test("a prompt that cannot be fetched is told, and the call goes on", async () => {
    const { id } = await answered();
    await world.act(id, "play", { url: "https://files.test/nothing.wav" });
    await world.clock.advance(500);
    expect(world.eventData(id, "call.playback_ended")).toMatchObject({
      status: "failed",
      error: expect.stringContaining("not there"),
    });
    expect((await world.call(id)).status).toBe("answered");
    const refused = await world.api("POST", `/v1/calls/${id}/actions/play`, { url: "http://169.254.169.254/x" });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: "media_unreachable" } } });
  });

  test("gather hears the caller's keys; send_dtmf presses them", async () => {
    const { calling, id } = await answered();
    await world.act(id, "gather", { maximum_digits: 4 });
    const second = await world.api("POST", `/v1/calls/${id}/actions/gather`, {});
    expect(second).toMatchObject({ status: 409, body: { error: { code: "gather_in_progress" } } });
    calling.media.press("42#");
    await world.clock.advance(3000);
    expect(world.eventData(id, "call.gather_complete")).toMatchObject({ digits: "42", status: "valid" });
    expect(world.eventsOf(id).filter((type) => type === "call.dtmf_received")).toHaveLength(3);
    await world.act(id, "send_dtmf", { digits: "1w2#" });
    await world.clock.advance(3000);
    expect(calling.media.digits()).toBe("12#");
  });

  test("transfer rings back, joins both, and leaves A up when B refuses", async () => {
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { calling, id } = await answered();
    await world.act(id, "transfer", { to: "+15125550199" });
    await world.clock.advance(1000);
    expect(calling.media.heardHz()).toEqual([440, 480]);
    alice.call!.reject(486);
    await world.clock.advance(500);
    expect(world.eventData(id, "call.transfer_failed")).toMatchObject({ reason: "busy", sip_code: 486 });
    expect((await world.call(id)).status).toBe("answered");
    await world.act(id, "transfer", { to: "+15125550199" });
    await world.clock.advance(500);
    alice.calls.at(-1)!.answer();
    await world.clock.advance(1500);
    expect(calling.media.heardHz()).toEqual([620]);
    expect(alice.calls.at(-1)!.media.heardHz()).toEqual([440]);
    const call = await world.call(id);
    expect(call).toMatchObject({ status: "bridged", bridge_id: expect.stringMatching(/^voepy_brg_/) });
    expect(call.legs).toHaveLength(3);
    alice.calls.at(-1)!.hangUp();
    await world.clock.advance(500);
    expect(await world.call(id)).toMatchObject({ status: "ended", end_initiator: "callee" });
    expect(calling.isOver).toBe(true);
  });

  test("bridge joins two calls, and park_after_unbridge keeps its own", async () => {
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { calling, id } = await answered();
    const other = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
    await world.clock.advance(100);
    alice.call!.answer();
    await world.clock.advance(300);
    const legId = (await world.call(other.body.id)).legs[0].id;
    await world.act(id, "bridge", { leg_id: legId, park_after_unbridge: "self" });
    await world.clock.advance(1500);
    expect(calling.media.heardHz()).toEqual([620]);
    expect((await world.call(other.body.id)).bridge_id).toBe((await world.call(id)).bridge_id);
    const again = await world.api("POST", `/v1/calls/${id}/actions/bridge`, { leg_id: legId });
    expect(again).toMatchObject({ status: 409, body: { error: { code: "leg_already_bridged" } } });
    alice.call!.hangUp();
    await world.clock.advance(500);
    expect((await world.call(other.body.id)).status).toBe("ended");
    expect(await world.call(id)).toMatchObject({ status: "answered", bridge_id: null });
    expect(world.eventsOf(id).at(-1)).toBe("call.unbridged");
  });

  test("a recording has what the call said left and heard right, and can be fetched by its link", async () => {
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { id } = await answered();
    await world.act(id, "transfer", { to: "+15125550199" });
    await world.clock.advance(300);
    alice.call!.answer();
    await world.clock.advance(300);
    await world.act(id, "start_recording", { channels: "dual", format: "wav" });
    const twice = await world.api("POST", `/v1/calls/${id}/actions/start_recording`, {});
    expect(twice).toMatchObject({ status: 409, body: { error: { code: "recording_in_progress" } } });
    await world.clock.advance(4000);
    await world.act(id, "stop_recording");
    await world.clock.advance(1000);
    const { recording } = await world.eventually(id, "recording.completed");
    expect(recording).toMatchObject({ status: "available", channels: "dual", format: "wav", duration_seconds: 4 });
    const link = new URL(recording.download_url);
    const file = await world.api("GET", `${link.pathname}${link.search}`, undefined, { authorization: "" });
    expect(file.status).toBe(200);
    const { channels } = readWav(file.body);
    expect(heardHz(channels[0]!)).toEqual([440]);
    expect(heardHz(channels[1]!)).toEqual([620]);
  });

  test("are refused where the call's status does not allow them, with what would", async () => {
    const { calling, id } = await answered();
    const answer = await world.api("POST", `/v1/calls/${id}/actions/answer`, {});
    expect(answer).toMatchObject({
      status: 409,
      body: {
        error: {
          code: "call_not_in_required_state",
          details: { status: "answered", allowed_from: ["initiated", "ringing"] },
        },
      },
    });
    calling.hangUp();
    await world.clock.advance(300);
    const late = await world.api("POST", `/v1/calls/${id}/actions/hangup`, {});
    expect(late).toMatchObject({ status: 409, body: { error: { code: "call_already_ended" } } });
    const nowhere = await world.api("POST", "/v1/calls/voepy_call_01HZZZZZZZZZZZZZZZZZZZZZZZ/actions/hangup", {});
    expect(nowhere.status).toBe(404);
  });

  test("with the same command_id are done once", async () => {
    world.files.set("https://files.test/a.wav", makeWav([makeTone(880, 200)]));
    const { id } = await answered();
    for (let i = 0; i < 3; i++) await world.act(id, "play", { url: "https://files.test/a.wav", command_id: "once" });
    await world.clock.advance(2000);
    expect(world.eventsOf(id).filter((type) => type === "call.playback_started")).toHaveLength(1);
  });

  test("gather_using_audio is cut by the first digit and repeats its prompt after a bad entry", async () => {
    world.files.set("https://files.test/menu.wav", makeWav([makeTone(880, 3000)]));
    world.files.set("https://files.test/sorry.wav", makeWav([makeTone(660, 500)]));
    const { calling, id } = await answered();
    const menu = { audio_url: "https://files.test/menu.wav", invalid_audio_url: "https://files.test/sorry.wav" };
    await world.act(id, "gather_using_audio", { ...menu, valid_digits: "12", maximum_digits: 1, timeout_millis: 4000 });
    await world.clock.advance(1000);
    expect(calling.media.heardHz()).toEqual([880]);
    calling.media.press("9");
    await world.clock.advance(450);
    expect(calling.media.heardHz(200)).toEqual([660]);
    await world.clock.advance(1000);
    expect(calling.media.heardHz(200)).toEqual([880]);
    calling.media.press("2");
    await world.clock.advance(1000);
    expect(calling.media.heardHz()).toEqual([]);
    expect(world.eventData(id, "call.gather_complete")).toMatchObject({ digits: "2", status: "valid" });
  });

  test("a gather whose prompt cannot be fetched still collects", async () => {
    const { calling, id } = await answered();
    await world.act(id, "gather_using_audio", { audio_url: "https://files.test/nothing.wav", maximum_digits: 1 });
    await world.clock.advance(500);
    calling.media.press("7");
    await world.clock.advance(500);
    expect(world.eventData(id, "call.gather_complete")).toMatchObject({ digits: "7", status: "valid" });
  });

  test("hold gives music and takes the voice away, resume brings both back; the far end is told by SIP", async () => {
    world.files.set("https://files.test/music.wav", makeWav([makeTone(880, 1000)]));
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { calling, id } = await answered();
    await world.act(id, "transfer", { to: "+15125550199" });
    await world.clock.advance(300);
    alice.call!.answer();
    await world.clock.advance(500);
    await world.act(id, "hold", { url: "https://files.test/music.wav" });
    await world.clock.advance(1500);
    // As the phone sees it: it may only receive.
    expect(calling.reoffers).toEqual(["recvonly"]);
    expect(calling.media.heardHz()).toEqual([880]);
    expect(alice.call!.media.heardHz()).toEqual([]);
    await world.act(id, "resume");
    await world.clock.advance(1500);
    expect(calling.media.heardHz()).toEqual([620]);
    expect(alice.call!.media.heardHz()).toEqual([440]);
    expect(world.eventsOf(id).filter((type) => type === "call.held" || type === "call.resumed")).toEqual([
      "call.held",
      "call.resumed",
    ]);
    const twice = await world.api("POST", `/v1/calls/${id}/actions/resume`, {});
    expect(twice).toMatchObject({ status: 409, body: { error: { code: "call_not_in_required_state" } } });
  });

  test("a far end that holds and resumes is told as such", async () => {
    const { calling, id } = await answered();
    calling.hold();
    await world.clock.advance(500);
    calling.resume();
    await world.clock.advance(500);
    expect(world.eventsOf(id).slice(2)).toEqual(["call.held", "call.resumed"]);
    expect(world.eventData(id, "call.held")).toMatchObject({ initiator: "caller" });
  });

  test("unbridge leaves both calls up, each on its own", async () => {
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { calling, id } = await answered();
    const other = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199" });
    await world.clock.advance(100);
    alice.call!.answer();
    await world.clock.advance(300);
    await world.act(id, "bridge", { leg_id: (await world.call(other.body.id)).legs[0].id });
    await world.clock.advance(500);
    await world.act(id, "unbridge");
    await world.clock.advance(1500);
    expect(calling.media.heardHz()).toEqual([]);
    for (const call of [id, other.body.id])
      expect(await world.call(call)).toMatchObject({ status: "answered", bridge_id: null });
    expect(world.eventsOf(other.body.id).at(-1)).toBe("call.unbridged");
  });

  test("mute takes a party's voice from the other and from the recording; a pause is silence in it", async () => {
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { calling, id } = await answered();
    await world.act(id, "transfer", {
      to: "+15125550199",
      record: "on_answer",
      record_channels: "dual",
      record_format: "wav",
    });
    await world.clock.advance(300);
    alice.call!.answer();
    await world.clock.advance(1000);
    await world.act(id, "mute");
    await world.clock.advance(1000);
    expect(alice.call!.media.heardHz()).toEqual([]);
    expect(calling.media.heardHz()).toEqual([620]);
    await world.act(id, "unmute");
    await world.clock.advance(1000);
    expect(alice.call!.media.heardHz()).toEqual([440]);
    await world.act(id, "pause_recording");
    await world.clock.advance(1000);
    await world.act(id, "resume_recording");
    await world.clock.advance(1000);
    await world.act(id, "stop_recording");
    await world.clock.advance(1000);
    const { recording } = await world.eventually(id, "recording.completed");
    expect(recording.duration_seconds).toBe(5);
    const link = new URL(recording.download_url);
    const file = await world.api("GET", `${link.pathname}${link.search}`, undefined, { authorization: "" });
    const [left, right] = readWav(file.body).channels;
    const second = (channel: Int16Array | undefined, n: number): number[] =>
      heardHz(channel!.subarray(n * 8000 + 2000, n * 8000 + 6000));
    expect([0, 1, 2, 3, 4].map((n) => second(left, n))).toEqual([[440], [], [440], [], [440]]);
    expect([0, 1, 2, 3, 4].map((n) => second(right, n))).toEqual([[620], [620], [620], [], [620]]);
  });

  test("refer ends the call as transferred when the far end tells that it worked", async () => {
    const { calling, id } = await answered();
    await world.act(id, "refer", { sip_address: "sip:agent@198.51.100.9" });
    await world.clock.advance(200);
    expect(calling.referredTo).toBe("sip:agent@198.51.100.9");
    const twice = await world.api("POST", `/v1/calls/${id}/actions/refer`, { sip_address: "sip:other@198.51.100.9" });
    expect(twice).toMatchObject({ status: 409, body: { error: { code: "call_not_in_required_state" } } });
    calling.answerRefer(202);
    await world.clock.advance(500);
    calling.notifyRefer(200);
    await world.clock.advance(500);
    expect(world.eventsOf(id).slice(2)).toEqual(["call.refer_started", "call.refer_completed", "call.ended"]);
    expect(await world.call(id)).toMatchObject({ status: "ended", end_reason: "transferred" });
  });

  test.each([
    ["refuses", 603, undefined],
    ["tells that it did not work", 202, 486],
    ["says nothing for a minute", 202, undefined],
  ])("refer fails and the call goes on when the far end %s", async (_, answer, notify) => {
    const { calling, id } = await answered();
    await world.act(id, "refer", { sip_address: "sip:agent@198.51.100.9" });
    await world.clock.advance(200);
    calling.answerRefer(answer);
    await world.clock.advance(500);
    if (notify !== undefined) calling.notifyRefer(notify);
    await world.clock.advance(62_000);
    expect(world.eventsOf(id).at(-1)).toBe("call.refer_failed");
    expect((await world.call(id)).status).toBe("answered");
  });

  test("send_info reaches the far end as it was given", async () => {
    const { calling, id } = await answered();
    await world.act(id, "send_info", { content_type: "text/plain", body: "hello" });
    await world.clock.advance(300);
    expect(calling.infos).toEqual([{ contentType: "text/plain", body: "hello" }]);
  });

  test("what needs an engine that is not there answers 501 and says so", async () => {
    const { id } = await answered();
    const answer = await world.api("POST", `/v1/calls/${id}/actions/transcription_start`, { engine: "accurate" });
    expect(answer).toMatchObject({ status: 501, body: { error: { code: "engine_not_configured" } } });
  });

  test("play takes an upload by its name, and one of url and media_name only", async () => {
    world.files.set("https://files.test/jingle.wav", makeWav([makeTone(990, 3000)]));
    const upload = await world.api("POST", "/v1/media", { name: "jingle", url: "https://files.test/jingle.wav" });
    expect(upload.status).toBe(201);
    const { calling, id } = await answered();
    await world.act(id, "play", { media_name: "jingle" });
    await world.clock.until(() => world.eventsOf(id).includes("call.playback_started"));
    await world.clock.advance(800);
    expect(calling.media.heardHz()).toEqual([990]);
    const path = `/v1/calls/${id}/actions/play`;
    expect((await world.api("POST", path, { media_name: "nothing" })).status).toBe(404);
    expect((await world.api("POST", path, {})).status).toBe(400);
    const both = await world.api("POST", path, { media_name: "jingle", url: "https://files.test/jingle.wav" });
    expect(both.status).toBe(400);
  });

  test("record: on_ringing begins while a transfer rings, and with an answer that had no ringing before it", async () => {
    const alice = await world.softphone("alice");
    const trunk = await world.phone("trunk");
    await trunk.dial("+15125550100");
    await world.clock.advance(300);
    const id = world.lastStarted();
    await world.act(id, "answer", { record: "on_ringing" });
    expect((await world.call(id)).recordings).toMatchObject([{ status: "recording" }]);
    await world.act(id, "stop_recording");
    await world.act(id, "transfer", { to: "+15125550199", record: "on_ringing" });
    await world.clock.advance(300);
    expect(alice.call!.state).toBe("incoming");
    expect((await world.call(id)).recordings).toHaveLength(2);
  });

  test("a recording that was stopped does not begin again with a transfer that asks for none", async () => {
    const alice = await world.softphone("alice");
    const { body } = await world.api("POST", "/v1/calls", {
      from: FROM,
      to: "+15005550001",
      route_id: "voepy_route_sandbox",
      record: "on_answer",
    });
    await world.clock.advance(2000);
    await world.act(body.id, "stop_recording");
    await world.act(body.id, "transfer", { to: "+15125550199" });
    await world.clock.advance(300);
    alice.call!.answer();
    await world.clock.advance(500);
    expect(await world.call(body.id)).toMatchObject({ status: "bridged", recordings: [{}] });
  });
});
