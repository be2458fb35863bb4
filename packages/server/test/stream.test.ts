/** Streams of a call to a WebSocket, told as their clients see them: frames, marks, clear, and what a rude peer does not change. */
import { setTimeout as sleep } from "node:timers/promises";
import { decodeG711, encodeG711, gapsOf, heardHz, makeTone, makeWav } from "@voepy/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { World } from "./world.ts";

const BOT = "wss://bot.example/voepy";
const FROM = "+15125550100";
/** One more number of the configuration. */
const NUMBER = `      - number: "+15125550177"
        inbound_action: {type: stream, stream_url: "${BOT}", stream_bidirectional_mode: rtp, custom_parameters: {tier: gold}}
`;
let world: World;

beforeEach(async () => {
  world = await World.open(NUMBER);
});
afterEach(() => world.close());

/** An inbound call that was answered, and its phone. */
async function answered(body: object = {}) {
  const trunk = await world.phone("trunk", { toneHz: 440 });
  const calling = await trunk.dial("+15125550100");
  await world.clock.advance(300);
  const id = world.lastStarted();
  await world.act(id, "answer", body);
  await world.clock.advance(500);
  return { id, calling };
}

const payloadOf = (media: { media: { payload: string } }): Buffer => Buffer.from(media.media.payload, "base64");

describe("a stream", () => {
  test("says connected and start, then each 20 ms a frame of what the caller says", async () => {
    const { id, calling } = await answered({ client_state: "Ym90" });
    await world.act(id, "streaming_start", { stream_url: BOT, custom_parameters: { tier: "gold" } });
    await world.clock.advance(3000);
    const peer = world.peers.last;
    const [connected, start, ...media] = peer.received.map(({ json }) => json);
    expect(connected).toEqual({ event: "connected", version: "1.0.0" });
    const [stream] = (await world.api("GET", `/v1/calls/${id}/streamings`)).body.data;
    expect(start).toEqual({
      event: "start",
      sequence_number: "1",
      start: {
        user_id: "default",
        call_control_id: id,
        call_session_id: id,
        from: expect.any(String),
        to: FROM,
        tags: [],
        client_state: "Ym90",
        custom_parameters: { tier: "gold" },
        media_format: { encoding: "PCMU", sample_rate: 8000, channels: 1 },
      },
      stream_id: stream.id,
    });
    expect(stream).toMatchObject({ status: "active", bidirectional: false, frames_dropped: 0 });
    expect(media.length).toBeGreaterThan(145);
    expect(media.every((frame) => payloadOf(frame).length === 160)).toBe(true);
    expect(media.map((frame) => frame.media.timestamp)).toEqual(media.map((_, i) => String(i * 20)));
    expect(media.map((frame) => frame.sequence_number)).toEqual(media.map((_, i) => String(i + 2)));
    expect(media.map((frame) => frame.media.chunk)).toEqual(media.map((_, i) => String(i + 1)));
    const pcm = decodeG711("PCMU", Buffer.concat(media.slice(-20).map(payloadOf)));
    expect(heardHz(pcm)).toEqual([440]);
    calling.hangUp();
    await world.clock.advance(500);
    expect(peer.received.at(-1)?.json).toMatchObject({ event: "stop", stream_id: stream.id });
    expect(peer.isOpen).toBe(false);
    expect(world.eventsOf(id).slice(-3)).toEqual(["streaming.started", "streaming.stopped", "call.ended"]);
    expect((await world.api("GET", `/v1/calls/${id}/streamings`)).body.data).toEqual([
      { ...stream, status: "stopped", frames_sent: peer.events("media").length },
    ]);
    expect((await world.api("GET", "/v1/calls/voepy_call_none/streamings")).status).toBe(404);
  });

  test("lets its peer speak, returns its marks when that was heard, and all of them at once when it is cleared", async () => {
    const { id, calling } = await answered();
    await world.act(id, "streaming_start", { stream_url: BOT, stream_bidirectional_mode: "rtp" });
    await world.clock.advance(200);
    const peer = world.peers.last;
    const sayTone = (hz: number, seconds: number): void =>
      peer.send({
        event: "media",
        media: {
          payload: Buffer.from(encodeG711("PCMU", makeTone(hz, seconds * 1000))).toString("base64"),
        },
      });
    sayTone(880, 1);
    peer.send({ event: "mark", mark: { name: "one" } });
    const saidMs = world.clock.nowMs();
    await world.clock.advance(700);
    expect(calling.media.heardHz()).toEqual([880]);
    expect(peer.events("mark")).toEqual([]);
    await world.clock.advance(800);
    expect(peer.events("mark")).toMatchObject([{ mark: { name: "one" } }]);
    const backMs = peer.received.find(({ json }) => json.event === "mark")!.atMs;
    expect(backMs - saidMs).toBeGreaterThanOrEqual(1000);
    expect(backMs - saidMs).toBeLessThan(1080);

    sayTone(620, 20);
    for (const name of ["a", "b"]) peer.send({ event: "mark", mark: { name } });
    await world.clock.advance(1000);
    expect(calling.media.heardHz()).toEqual([620]);
    const [row] = (await world.api("GET", `/v1/calls/${id}/streamings`)).body.data;
    expect(row.queue_ms).toBeGreaterThan(18_000);
    peer.send({ event: "clear" });
    await world.clock.advance(40);
    const clearedMs = world.clock.nowMs();
    await world.clock.advance(400);
    expect(peer.events("mark").map(({ mark }) => mark.name)).toEqual(["one", "a", "b"]);
    const after = calling.media.pcm(clearedMs);
    expect(Math.max(...after.map(Math.abs))).toBeLessThan(100);
  });

  test("is a bot's twin of Twilio's when it is asked to be", async () => {
    const { id, calling } = await answered();
    await world.act(id, "streaming_start", {
      stream_url: BOT,
      stream_protocol: "twilio",
      stream_track: "both_tracks",
      custom_parameters: [{ name: "from_number", value: "+1" }],
    });
    await world.clock.advance(500);
    const peer = world.peers.last;
    const streamSid = peer.received[1]?.json.streamSid;
    expect(streamSid).toMatch(/^MZ[0-9a-f]{32}$/);
    expect(peer.received[0]?.json).toEqual({ event: "connected", protocol: "Call", version: "1.0.0" });
    expect(peer.received[1]?.json).toEqual({
      event: "start",
      sequenceNumber: "1",
      start: {
        accountSid: expect.stringMatching(/^AC[0-9a-f]{32}$/),
        streamSid,
        callSid: expect.stringMatching(/^CA[0-9a-f]{32}$/),
        tracks: ["inbound", "outbound"],
        mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
        customParameters: { from_number: "+1" },
      },
      streamSid,
    });
    for (const track of ["inbound", "outbound"]) {
      const chunks = peer.events("media").filter(({ media }) => media.track === track);
      expect(chunks.map(({ media }) => media.chunk)).toEqual(chunks.map((_, i) => String(i + 1)));
      expect(chunks.length).toBeGreaterThan(20);
    }
    calling.media.press("5");
    await world.clock.advance(500);
    expect(peer.events("dtmf")).toMatchObject([{ streamSid, dtmf: { track: "inbound_track", digit: "5" } }]);
    await world.act(id, "streaming_stop");
    await world.clock.advance(200);
    expect(peer.received.at(-1)?.json).toMatchObject({ event: "stop", streamSid });
    expect(world.eventData(id, "streaming.stopped")).toMatchObject({ reason: "stopped" });
  });

  test("whose bot hangs up ends the call, unless it was told to go on", async () => {
    const { id } = await answered();
    await world.act(id, "streaming_start", {
      stream_url: BOT,
      on_stream_close: "continue",
      stream_bidirectional_mode: "rtp",
    });
    await world.clock.advance(200);
    world.peers.last.close(1000);
    await world.clock.advance(200);
    expect((await world.call(id)).status).toBe("answered");
    await world.act(id, "streaming_start", { stream_url: BOT, stream_bidirectional_mode: "rtp" });
    await world.clock.advance(200);
    world.peers.last.close(1001);
    await world.clock.advance(200);
    expect(await world.call(id)).toMatchObject({ status: "ended", end_reason: "completed", end_initiator: "system" });
    expect(world.eventData(id, "streaming.stopped")).toMatchObject({ reason: "closed_by_peer", close_code: 1000 });
  });

  test("carries a minute there and back without a hole, each frame in its time", async () => {
    world.peers.onConnection = (peer) => {
      peer.onMessage = ({ json }) => {
        if (json.event === "media") peer.send({ event: "media", media: json.media });
      };
    };
    const { id, calling } = await answered();
    await world.act(id, "streaming_start", { stream_url: BOT, stream_bidirectional_mode: "rtp" });
    await world.clock.advance(500);
    const sinceMs = world.clock.nowMs();
    await world.clock.advance(60_000);
    const media = world.peers.last.received.filter(({ json }) => json.event === "media");
    expect(media.length).toBeGreaterThan(3000);
    const longest = Math.max(...media.slice(1).map(({ atMs }, i) => atMs - media[i]!.atMs));
    expect(longest).toBeLessThanOrEqual(25);
    expect(gapsOf(calling.media.pcm(sinceMs))).toEqual([]);
    expect(calling.media.continuity(sinceMs)).toMatchObject({ missing: 0, timestampJumps: 0 });
    // What the caller stops saying stops coming back: the way there and back.
    calling.media.saySilence();
    const quietMs = world.clock.nowMs();
    await world.clock.advance(500);
    const soundAfter = calling.media.pcm(quietMs).findLastIndex((sample) => Math.abs(sample) > 500) / 8;
    // To the server and back are 10 ms, to the bot and back 4.
    expect(soundAfter).toBeLessThan(60 + 14);
  });

  test("that was steady and is lost is made again, and says its first words again", async () => {
    const { id } = await answered();
    await world.act(id, "streaming_start", { stream_url: BOT });
    await world.clock.advance(20_000);
    world.peers.last.close(1006);
    await world.clock.advance(1000);
    expect(world.peers.attempts).toBe(2);
    expect(world.peers.last.received.slice(0, 3).map(({ json }) => json.event)).toEqual([
      "connected",
      "start",
      "media",
    ]);
    expect(world.peers.last.received[2]?.json).toMatchObject({ sequence_number: "2", media: { timestamp: "0" } });
    expect(world.eventsOf(id).filter((type) => type.startsWith("streaming."))).toEqual(["streaming.started"]);
  });

  test("that nobody answers is tried four times in five seconds, then told as failed", async () => {
    world.peers.accepts = () => false;
    const { id } = await answered();
    await world.act(id, "streaming_start", { stream_url: BOT });
    await world.clock.advance(4900);
    expect(world.eventsOf(id)).not.toContain("streaming.failed");
    await world.clock.advance(300);
    expect(world.peers.attempts).toBe(4);
    expect(world.eventData(id, "streaming.failed")).toMatchObject({ error: "connect ECONNREFUSED", stream_url: BOT });
    expect((await world.call(id)).status).toBe("answered");
  });

  test("asked for by a dial begins with the answer, one asked for by a number with the call", async () => {
    const alice = await world.softphone("alice");
    const { body } = await world.api("POST", "/v1/calls", { from: FROM, to: "+15125550199", stream_url: BOT });
    await world.clock.advance(300);
    expect(world.peers.attempts).toBe(0);
    alice.call!.answer();
    await world.clock.advance(300);
    expect(world.peers.last.received[1]?.json.start.call_control_id).toBe(body.id);

    const trunk = await world.phone("trunk");
    await trunk.dial("+15125550177");
    await world.clock.advance(500);
    const { start } = world.peers.last.received[1]?.json ?? {};
    expect(start).toMatchObject({ to: "+15125550177", custom_parameters: { tier: "gold" } });
    world.peers.last.close(1000);
    await world.clock.advance(300);
    expect((await world.call(start.call_control_id)).status).toBe("ended");
  });

  test("is refused for a URL that is malformed or forbidden, for fields that do not go together, and the eleventh", async () => {
    const { id } = await answered();
    const start = (body: object) => world.api("POST", `/v1/calls/${id}/actions/streaming_start`, body);
    for (const stream_url of [
      "nonsense",
      "http://bot.example/",
      "ws://127.0.0.1:1/",
      "wss://10.0.0.9/",
      "ws://[::1]/",
    ]) {
      const { status, body } = await start({ stream_url });
      expect([stream_url, status, body.error?.code]).toEqual([stream_url, 422, "media_unreachable"]);
    }
    for (const more of [
      { stream_protocol: "twilio", stream_codec: "L16" },
      { stream_protocol: "raw", stream_track: "both_tracks" },
      { stream_codec: "PCMU", stream_sampling_rate: 16000 },
    ])
      expect((await start({ stream_url: BOT, ...more })).body.error?.code).toBe("invalid_request");
    for (let i = 0; i < 10; i++) expect((await start({ stream_url: BOT })).status).toBe(200);
    expect(await start({ stream_url: BOT })).toMatchObject({
      status: 409,
      body: { error: { code: "stream_limit_reached" } },
    });
  });
});

describe("a peer of a stream", () => {
  test.each([
    ["stalls", (peer: { isReading: boolean }) => void (peer.isReading = false)],
    [
      "sends garbage",
      (peer: { send(message: unknown): void }) => {
        for (const junk of [
          "{",
          "[]",
          '{"event":7}',
          '{"event":"media"}',
          '{"event":"media","media":{"payload":5}}',
          "null",
        ])
          peer.send(junk);
        peer.send(new Uint8Array(1000));
        for (let i = 0; i < 5000; i++) peer.send('{"event":"mark","mark":{"name":"x"}}');
      },
    ],
    ["slams the door", (peer: { close(code: number): void }) => peer.close(1006)],
  ])("that %s does not change what the two parties hear", async (_what, misbehave) => {
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { id, calling } = await answered();
    await world.act(id, "transfer", { to: "+15125550199" });
    await world.clock.advance(300);
    alice.call!.answer();
    await world.clock.advance(500);
    await world.act(id, "streaming_start", { stream_url: BOT, stream_bidirectional_mode: "rtp" });
    await world.clock.advance(500);
    const sinceMs = world.clock.nowMs();
    misbehave(world.peers.last);
    await world.clock.advance(10_000);
    for (const media of [calling.media, alice.call!.media]) {
      expect(media.continuity(sinceMs)).toMatchObject({ missing: 0, duplicates: 0, timestampJumps: 0 });
    }
    expect(calling.media.heardHz()).toEqual([620]);
    expect(alice.call!.media.heardHz()).toEqual([440]);
    expect((await world.call(id)).status).toBe("bridged");
  });

  test("that stalls for ten seconds misses what was older than a second when it reads again", async () => {
    const { id } = await answered();
    await world.act(id, "streaming_start", { stream_url: BOT });
    await world.clock.advance(500);
    const peer = world.peers.last;
    peer.isReading = false;
    await world.clock.advance(10_000);
    peer.read();
    await world.clock.advance(500);
    const [row] = (await world.api("GET", `/v1/calls/${id}/streamings`)).body.data;
    expect(row.frames_dropped).toBeGreaterThan(400);
    expect(row.frames_dropped).toBeLessThan(460);
    const sequence = peer.events("media").map((frame) => Number(frame.sequence_number));
    expect(sequence).toEqual(sequence.map((_, i) => i + 2));
  });
});

describe("a stream beside another party", () => {
  /** A bridged call: the caller at 440 Hz, Alice at 620 Hz. */
  async function bridged(body: object = {}) {
    const alice = await world.softphone("alice", { toneHz: 620 });
    const { id, calling } = await answered();
    await world.act(id, "transfer", { to: "+15125550199", ...body });
    await world.clock.advance(300);
    alice.call!.answer();
    await world.clock.advance(1000);
    return { id, calling, other: alice.call! };
  }

  const say = (hz: number): void =>
    world.peers.last.send({
      event: "media",
      media: { payload: Buffer.from(encodeG711("PCMU", makeTone(hz, 3000))).toString("base64") },
    });

  test.each([
    ["self", [620, 1000], [440]],
    ["opposite", [620], [440, 1000]],
    ["both", [620, 1000], [440, 1000]],
  ] as const)("whose target is %s is heard by those and no others", async (target, caller, alice) => {
    const { id, calling, other } = await bridged();
    await world.act(id, "streaming_start", {
      stream_url: BOT,
      stream_bidirectional_mode: "rtp",
      stream_bidirectional_target_legs: target,
      stream_track: "both_tracks",
    });
    await world.clock.advance(300);
    say(1000);
    await world.clock.advance(1500);
    expect(calling.media.heardHz().toSorted((a, b) => a - b)).toEqual(caller);
    expect(other.media.heardHz().toSorted((a, b) => a - b)).toEqual(alice);
    const outbound = world.peers.last.events("media").filter(({ media }) => media.track === "outbound");
    expect(
      heardHz(decodeG711("PCMU", Buffer.concat(outbound.slice(-20).map(payloadOf)))).toSorted((a, b) => a - b),
    ).toEqual(caller);
    await world.act(id, "streaming_stop");
    await world.clock.advance(1000);
    expect(calling.media.heardHz()).toEqual([620]);
    expect(other.media.heardHz()).toEqual([440]);
    expect((await world.call(id)).status).toBe("bridged");
  });

  test("asked for by a transfer begins when the other party has answered", async () => {
    const { id } = await bridged({ stream_url: BOT });
    expect(world.peers.last.received[1]?.json.start.call_control_id).toBe(id);
    expect(world.eventsOf(id)).toContain("streaming.started");
  });
});

describe("other protocols", () => {
  test("jambonz: samples both ways, playAudio by id, killAudio, disconnect", async () => {
    const { id, calling } = await answered();
    await world.act(id, "streaming_start", {
      stream_url: BOT,
      stream_protocol: "jambonz",
      stream_bidirectional_mode: "rtp",
      stream_sampling_rate: 16_000,
    });
    await world.clock.advance(1000);
    const peer = world.peers.last;
    expect(peer.target.subprotocol).toBe("audio.jambonz.org");
    expect(peer.received[0]?.json).toMatchObject({ callSid: id, sampleRate: 16_000, mixType: "mono" });
    const binary = peer.received.slice(1).map(({ bytes }) => bytes!);
    expect(binary.every(({ length }) => length === 640)).toBe(true);
    const bytes = Buffer.concat(binary.slice(-20));
    const pcm = Int16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i));
    expect(heardHz(pcm, { rateHz: 16_000 })).toEqual([440]);
    const tone = makeTone(880, 1000, { rateHz: 16_000 });
    peer.send(new Uint8Array(tone.buffer));
    await world.clock.advance(700);
    expect(calling.media.heardHz()).toEqual([880]);
    const audioContent = Buffer.from(makeTone(1200, 500).buffer).toString("base64");
    const data = { audioContent, audioContentType: "raw", sampleRate: 8000, id: "p1" };
    peer.send({ type: "playAudio", data });
    await world.clock.advance(400);
    expect(calling.media.heardHz(200)).toEqual([1200]);
    await world.clock.advance(400);
    expect(peer.received.flatMap(({ json }) => (json?.type === "playDone" ? [json] : []))).toEqual([
      { type: "playDone", data: { id: "p1" } },
    ]);
    peer.send({ type: "disconnect" });
    await world.clock.advance(300);
    expect((await world.call(id)).status).toBe("ended");
  });

  test("files are played in the order they came", async () => {
    const { id, calling } = await answered();
    await world.act(id, "streaming_start", { stream_url: BOT, stream_bidirectional_mode: "mp3" });
    await world.clock.advance(300);
    const peer = world.peers.last;
    for (const hz of [880, 1200]) {
      const payload = Buffer.from(makeWav([makeTone(hz, 1000)])).toString("base64");
      peer.send({ event: "media", media: { payload } });
    }
    peer.send({ event: "mark", mark: { name: "end" } });
    for (let turn = 0; turn < 200 && peer.events("mark").length === 0; turn++) {
      // Decoding a file takes time of this machine, which virtual time knows nothing of.
      await sleep(2);
      await world.clock.advance(50);
    }
    const heard = calling.media.pcm();
    const order = [880, 1200].map((hz) => {
      for (let at = 0; at + 1600 < heard.length; at += 400)
        if (heardHz(heard.subarray(at, at + 1600)).includes(hz)) return at;
      return -1;
    });
    expect(order[0]).toBeGreaterThan(0);
    expect(order[1]).toBeGreaterThan(order[0]!);
  });
});
