/** Frames as the vendors' clients know them: the very text. */
import { describe, expect, test } from "vitest";
import { aForkRequest } from "../../test/fork-request.ts";
import { type MediaFrame, makeProtocol } from "./protocol.ts";

const frame: MediaFrame = { track: "rx", chunk: 2, timestampMs: 20, payload: Uint8Array.of(1, 2, 3) };
const WALL_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

describe("telnyx", () => {
  const request = aForkRequest({ authToken: "t0k", tracks: "both" });

  test("says what its clients read, in their order", () => {
    const protocol = makeProtocol(request);
    expect(protocol.opening()).toEqual([
      '{"event":"connected","version":"1.0.0","connected":{"x-telnyx-streaming-auth-token":"t0k"}}',
      '{"event":"start","sequence_number":"1","start":{"user_id":"t","call_control_id":"c","call_session_id":"c","from":"+15125550100","to":"+15125550101","tags":[],"client_state":null,"custom_parameters":{},"media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}},"stream_id":"s"}',
    ]);
    expect(protocol.media(frame)).toBe(
      '{"event":"media","sequence_number":"2","media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"AQID"},"stream_id":"s"}',
    );
    expect(protocol.media({ ...frame, track: "tx" })).toContain('"sequence_number":"3","media":{"track":"outbound"');
    expect(protocol.digit("#", 100, WALL_MS)).toBe(
      '{"event":"dtmf","stream_id":"s","occurred_at":"2026-01-02T03:04:05.006Z","sequence_number":"4","dtmf":{"digit":"#"}}',
    );
    expect(protocol.mark({ name: "m", of: "mark" }, false)).toBe(
      '{"event":"mark","stream_id":"s","sequence_number":"5","mark":{"name":"m"}}',
    );
    expect(protocol.fault("malformed_frame", "why")).toBe(
      '{"event":"error","stream_id":"s","payload":{"code":100003,"title":"malformed_frame","detail":"why"}}',
    );
    expect(protocol.stop()).toBe(
      '{"event":"stop","sequence_number":"6","stop":{"user_id":"t","call_control_id":"c"},"stream_id":"s"}',
    );
  });

  test("tells the byte order of L16", () => {
    const format = { codec: "L16", sampleRateHz: 16_000, l16ByteOrder: "be" } as const;
    expect(makeProtocol(aForkRequest({ format })).opening()[1]).toContain(
      '"media_format":{"encoding":"L16","sample_rate":16000,"channels":1,"byte_order":"be"}',
    );
  });

  test("understands media, mark and clear, and names what it does not", () => {
    const { read } = makeProtocol(request);
    expect(read('{"event":"media","media":{"payload":"AQID"}}')).toEqual([
      { type: "audio", bytes: Buffer.of(1, 2, 3) },
    ]);
    expect(read('{"event":"mark","mark":{"name":"m"}}')).toEqual([{ type: "mark", mark: { name: "m", of: "mark" } }]);
    expect(read('{"event":"clear"}')).toEqual([{ type: "clear" }]);
    expect(read('{"event":"whatever"}')).toEqual([]);
    for (const junk of ["", "{", "7", "[]", "null", '{"event":1}', '{"event":"media","media":[]}', '{"event":"mark"}'])
      expect(read(junk)).toMatchObject([{ type: "fault", fault: "malformed_frame" }]);
    expect(read(Uint8Array.of(1))).toMatchObject([{ type: "fault" }]);
  });
});

test("twilio says what its clients read, and nothing of Telnyx's", () => {
  const protocol = makeProtocol(
    aForkRequest({ protocol: "twilio", facts: { ...aForkRequest().facts, streamId: "MZ1" } }),
  );
  expect(protocol.opening()).toEqual([
    '{"event":"connected","protocol":"Call","version":"1.0.0"}',
    '{"event":"start","sequenceNumber":"1","start":{"accountSid":"t","streamSid":"MZ1","callSid":"c","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}},"streamSid":"MZ1"}',
  ]);
  expect(protocol.media(frame)).toBe(
    '{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"AQID"},"streamSid":"MZ1"}',
  );
  expect(protocol.digit("1", 100, WALL_MS)).toBe(
    '{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"3","dtmf":{"track":"inbound_track","digit":"1"}}',
  );
  expect(protocol.mark({ name: "m", of: "mark" }, true)).toBe(
    '{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"m"}}',
  );
  expect(protocol.fault("malformed_frame", "why")).toBeUndefined();
  expect(protocol.stop()).toBe(
    '{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"t","callSid":"c"}}',
  );
});

describe("jambonz", () => {
  const format = { codec: "L16", sampleRateHz: 8000, l16ByteOrder: "le" } as const;

  test("says what the call is, then samples; with both tracks they are left and right", () => {
    const protocol = makeProtocol(aForkRequest({ protocol: "jambonz", tracks: "both", format }));
    expect(protocol.opening().map((words) => JSON.parse(String(words)))).toEqual([
      {
        callSid: "c",
        accountSid: "t",
        direction: "inbound",
        from: "+15125550100",
        to: "+15125550101",
        sampleRate: 8000,
        mixType: "stereo",
        metadata: {},
      },
    ]);
    expect(protocol.media({ ...frame, payload: Uint8Array.of(1, 2, 3, 4) })).toBeUndefined();
    expect(protocol.media({ ...frame, track: "tx", payload: Uint8Array.of(5, 6, 7, 8) })).toEqual(
      Uint8Array.of(1, 2, 5, 6, 3, 4, 7, 8),
    );
    expect(protocol.digit("5", 160, WALL_MS)).toBe('{"event":"dtmf","dtmf":"5","duration":"160"}');
    expect(protocol.mark({ name: "m", of: "mark" }, false)).toBe(
      '{"type":"mark","data":{"name":"m","event":"playout"}}',
    );
    expect(protocol.mark({ name: "p1", of: "playback" }, false)).toBe('{"type":"playDone","data":{"id":"p1"}}');
  });

  test("takes samples as they are, and commands", () => {
    const { read } = makeProtocol(aForkRequest({ protocol: "jambonz", format }));
    expect(read(Uint8Array.of(1, 2))).toEqual([{ type: "audio", bytes: Uint8Array.of(1, 2) }]);
    const data = { audioContent: "AQID", audioContentType: "raw", sampleRate: 16_000, id: "p1", queuePlay: true };
    expect(read(JSON.stringify({ type: "playAudio", data }))).toEqual([
      { type: "audio", bytes: Buffer.of(1, 2, 3), rateHz: 16_000 },
      { type: "mark", mark: { name: "p1", of: "playback" } },
    ]);
    expect(read('{"type":"killAudio"}')).toEqual([{ type: "clear" }]);
    expect(read('{"type":"clearMarks"}')).toEqual([{ type: "clearMarks" }]);
    expect(read('{"type":"disconnect"}')).toEqual([{ type: "hangUp" }]);
    expect(read('{"type":"playAudio","data":{}}')).toMatchObject([{ type: "fault" }]);
  });
});

test("raw says its start and is bytes from then on", () => {
  const protocol = makeProtocol(aForkRequest({ protocol: "raw" }));
  expect(JSON.parse(String(protocol.opening()[0]))).toMatchObject({ event: "start", stream_id: "s" });
  expect(protocol.media(frame)).toBe(frame.payload);
  expect(protocol.read(Uint8Array.of(9))).toEqual([{ type: "audio", bytes: Uint8Array.of(9) }]);
  expect(protocol.read("hello")).toEqual([]);
  expect([protocol.stop(), protocol.digit("1", 1, 1)]).toEqual([undefined, undefined]);
});
