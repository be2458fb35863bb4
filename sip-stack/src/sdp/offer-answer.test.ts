import { describe, expect, test } from "vitest";
import type { AudioCapabilities, NegotiatedAudio } from "./audio.ts";
import { answerOffer, makeOffer, readAnswer } from "./offer-answer.ts";

const OURS: AudioCapabilities = {
  codecs: ["PCMU", "PCMA"],
  address: "192.0.2.1",
  udpPort: 40_000,
  direction: "sendrecv",
  ptimeMs: 20,
  telephoneEvent: true,
  sessionId: "5",
  sessionVersion: 2,
};

const offerOf = (...media: string[]): string =>
  ["v=0", "o=- 1 1 IN IP4 198.51.100.9", "s=-", "c=IN IP4 198.51.100.9", "t=0 0", ...media, ""].join("\r\n");

function answered(offer: string, ours: Partial<AudioCapabilities> = {}): { sdp: string; audio: NegotiatedAudio } {
  const result = answerOffer(offer, { ...OURS, ...ours });
  if (!result.ok) throw new Error(result.problem);
  return result;
}

function refused(offer: string): { status: number; problem: string } {
  const result = answerOffer(offer, OURS);
  if (result.ok) throw new Error("was answered");
  return result;
}

describe("our offer, the peer's answer", () => {
  test("an offer of ours, answered by ourselves, comes out alike on both sides (RFC 3264 §6)", () => {
    const offer = makeOffer({ ...OURS, codecs: ["OPUS", "G722", "PCMU"] });
    const peer = answered(offer, { codecs: ["OPUS"], address: "192.0.2.99", udpPort: 50_000 });
    expect(readAnswer(offer, peer.sdp)).toEqual({
      ok: true,
      audio: {
        codec: "OPUS",
        txPayloadType: 96,
        rxPayloadType: 96,
        rtcpMux: false,
        srtp: undefined,
        clockRateHz: 48_000,
        channels: 2,
        fmtp: "useinbandfec=1",
        telephoneEvent: { txPayloadType: 110, rxPayloadType: 110, clockRateHz: 48_000 },
        ptimeMs: 20,
        direction: "sendrecv",
        remote: { address: "192.0.2.99", udpPort: 50_000 },
      },
    });
  });

  test("the text of an offer is exactly this", () => {
    expect(makeOffer({ ...OURS, direction: "sendonly" }).split("\r\n")).toEqual([
      "v=0",
      "o=- 5 2 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "m=audio 40000 RTP/AVP 0 8 101",
      "a=rtpmap:0 PCMU/8000",
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-15",
      "a=ptime:20",
      "a=sendonly",
      "",
    ]);
  });

  test("a later offer keeps sections in place and numbers with their meaning (RFC 3264 §8, §8.3.2)", () => {
    const first = answered(
      offerOf(
        "m=video 6000 RTP/AVP 31",
        "m=audio 7000 RTP/AVPF 96 101",
        "a=rtpmap:96 telephone-event/48000",
        "a=rtpmap:101 opus/48000/2",
      ),
      { codecs: ["OPUS"] },
    );
    const again = makeOffer({ ...OURS, codecs: ["OPUS", "PCMU", "L16"], sessionVersion: 3 }, first.sdp);
    expect(again.split("\r\n").filter((line) => line.startsWith("m="))).toEqual([
      "m=video 0 RTP/AVP 31",
      "m=audio 40000 RTP/AVPF 101 0 97 98 96 102 111",
    ]);
    expect(again).toContain("o=- 5 3 IN");
    const answer = answered(again, { codecs: ["PCMU"] });
    expect(readAnswer(again, answer.sdp)).toMatchObject({
      audio: { codec: "PCMU", telephoneEvent: { rxPayloadType: 102, clockRateHz: 8000 } },
    });
  });

  test("a peer may call a dynamic codec by another number, each side sends the other's (RFC 3264 §6.1)", () => {
    const offer = makeOffer({ ...OURS, codecs: ["OPUS"] });
    const answer = offerOf(
      "m=audio 7000 RTP/AVP 120 121",
      "a=rtpmap:120 opus/48000/2",
      "a=rtpmap:121 telephone-event/48000",
    );
    expect(readAnswer(offer, answer)).toMatchObject({
      audio: { txPayloadType: 120, rxPayloadType: 96, telephoneEvent: { txPayloadType: 121, rxPayloadType: 110 } },
    });
  });

  test("the first codec of the answer that we offered is the one", () => {
    const answer = offerOf("m=audio 7000 RTP/AVP 18 8 0");
    expect(readAnswer(makeOffer(OURS), answer)).toMatchObject({ audio: { codec: "PCMA", telephoneEvent: undefined } });
  });

  test("what an answer takes besides its first codec may be sent too (RFC 3264 §7)", () => {
    const offer = makeOffer({ ...OURS, codecs: ["PCMU", "G722", "OPUS"] });
    const answer = offerOf(
      "m=audio 7000 RTP/AVP 9 120 0 8 101",
      "a=rtpmap:120 opus/48000/2",
      "a=rtpmap:101 telephone-event/8000",
    );
    expect(readAnswer(offer, answer)).toMatchObject({
      audio: {
        codec: "G722",
        clockRateHz: 8000,
        alsoReceives: [
          { codec: "PCMU", rxPayloadType: 0, clockRateHz: 8000 },
          { codec: "OPUS", rxPayloadType: 96, clockRateHz: 48_000 },
        ],
      },
    });
  });

  test("L16 is offered at both clocks and answered at the one the peer has (RFC 3551 §4.5.11)", () => {
    const offer = makeOffer({ ...OURS, codecs: ["L16"] });
    expect(offer).toContain("a=rtpmap:97 L16/16000\r\na=rtpmap:98 L16/8000\r\n");
    const narrow = offerOf("m=audio 7000 RTP/AVP 110", "a=rtpmap:110 L16/8000");
    expect(readAnswer(offer, narrow)).toMatchObject({ audio: { codec: "L16", clockRateHz: 8000, rxPayloadType: 98 } });
    const { sdp, audio } = answered(narrow, { codecs: ["L16"] });
    expect(audio).toMatchObject({ clockRateHz: 8000, rxPayloadType: 110 });
    expect(sdp).toContain("a=rtpmap:110 L16/8000\r\n");
  });

  test("a refused, encrypted, empty or foreign answer is no agreement", () => {
    const offer = makeOffer(OURS);
    for (const answer of [
      offerOf("m=audio 0 RTP/AVP 0"),
      offerOf("m=audio 7000 RTP/SAVP 0"),
      offerOf("m=audio 7000 RTP/AVP 18"),
      offerOf(),
      "",
      "hello",
    ]) {
      expect(readAnswer(offer, answer).ok, answer).toBe(false);
    }
  });

  test("direction is what both sides allow, seen from us (RFC 3264 §6.1)", () => {
    const sent = (line: string): unknown => readAnswer(makeOffer(OURS), offerOf("m=audio 7000 RTP/AVP 0", line));
    expect(sent("a=recvonly")).toMatchObject({ audio: { direction: "sendonly" } });
    expect(sent("a=sendonly")).toMatchObject({ audio: { direction: "recvonly" } });
    expect(sent("a=inactive")).toMatchObject({ audio: { direction: "inactive" } });
  });
});

describe("the peer's offer, our answer", () => {
  test("every section comes back in order, those refused with port 0 (RFC 3264 §6)", () => {
    const { sdp } = answered(
      offerOf("m=video 6000 RTP/AVP 31", "m=audio 7000 RTP/AVP 8 0", "m=audio 7002 RTP/AVP 0", "m=image 9 udptl t38"),
    );
    expect(sdp.split("\r\n").filter((line) => line.startsWith("m="))).toEqual([
      "m=video 0 RTP/AVP 31",
      "m=audio 40000 RTP/AVP 0",
      "m=audio 0 RTP/AVP 0",
      "m=image 0 udptl t38",
    ]);
  });

  test("our preference decides, the offer's numbers stand", () => {
    const { audio } = answered(
      offerOf("m=audio 7000 RTP/AVP 8 100 99", "a=rtpmap:100 pcmu/8000/1", "a=rtpmap:99 telephone-event/8000"),
    );
    expect(audio).toMatchObject({
      codec: "PCMU",
      txPayloadType: 100,
      rxPayloadType: 100,
      telephoneEvent: { txPayloadType: 99 },
    });
  });

  test("telephone-event is left out where we do not do it or its clock is of nothing", () => {
    const offer = offerOf("m=audio 7000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000");
    expect(answered(offer, { telephoneEvent: false }).sdp).not.toContain("telephone-event");
    expect(answered(offer.replace("event/8000", "event/101")).audio.telephoneEvent).toBeUndefined();
  });

  test("a held peer is heard of by direction, by c=0.0.0.0, at either level (RFC 3264 §8.4)", () => {
    const direction = (...lines: string[]): string =>
      answered(offerOf("m=audio 7000 RTP/AVP 0", ...lines)).audio.direction;
    expect(direction("a=sendonly")).toBe("recvonly");
    expect(direction("a=inactive")).toBe("inactive");
    expect(direction("c=IN IP4 0.0.0.0")).toBe("recvonly");
    expect(direction("c=IN IP4 0.0.0.0", "a=recvonly")).toBe("inactive");
    const atSession = offerOf("a=sendonly", "m=audio 7000 RTP/AVP 0");
    expect(answered(atSession).audio.direction).toBe("recvonly");
    expect(answered(offerOf("a=sendonly", "m=audio 7000 RTP/AVP 0", "a=sendrecv")).audio.direction).toBe("sendrecv");
  });

  test("when we hold the peer, it may not talk either way more than we allow", () => {
    const { sdp, audio } = answered(offerOf("m=audio 7000 RTP/AVP 0"), { direction: "sendonly" });
    expect(audio.direction).toBe("sendonly");
    expect(sdp).toContain("a=sendonly\r\n");
  });

  test("ptime is the peer's wish, within maxptime and reason", () => {
    const ptime = (...lines: string[]): number => answered(offerOf("m=audio 7000 RTP/AVP 0", ...lines)).audio.ptimeMs;
    expect(ptime("a=ptime:30")).toBe(30);
    expect(ptime("a=ptime:40", "a=maxptime:20")).toBe(20);
    expect(ptime("a=maxptime:10")).toBe(10);
    for (const odd of ["0", "-1", "99999999", "x", ""]) expect(ptime(`a=ptime:${odd}`), odd).toBe(20);
  });

  test("encrypted profiles, other families, host names and multicast are refused with 488", () => {
    expect(refused(offerOf("m=audio 7000 RTP/SAVP 0")).status).toBe(488);
    expect(refused(offerOf("m=audio 7000 UDP/TLS/RTP/SAVPF 0")).status).toBe(488);
    expect(refused(offerOf("m=audio 7000 RTP/AVP 0", "c=IN IP6 2001:db8::1")).status).toBe(488);
    expect(refused(offerOf("m=audio 7000 RTP/AVP 0", "c=IN IP4 media.example.com")).status).toBe(488);
    expect(refused(offerOf("m=audio 7000 RTP/AVP 0", "c=IN IP4 233.252.0.1/127/3")).status).toBe(488);
    expect(refused(offerOf("m=audio 7000 RTP/AVP 18 101", "a=rtpmap:101 telephone-event/8000")).problem).toContain(
      "codec",
    );
  });

  test("what is no SDP is refused with 400, however large", () => {
    const media = offerOf("m=audio 7000 RTP/AVP 0");
    for (const text of [
      "",
      "hello",
      media.replace("v=0", "v=1"),
      media.replace("7000", "70000"),
      media.replace("AVP 0", "AVP 128"),
      media.replace("o=- 1 1 IN IP4 198.51.100.9", "o=x"),
      `${media}${"a=x\r\n".repeat(1_000)}`,
      offerOf(...Array.from({ length: 17 }, () => "m=audio 7000 RTP/AVP 0")),
      offerOf(`m=audio 7000 RTP/AVP ${"0 ".repeat(129)}`),
      "a".repeat(70_000),
    ]) {
      expect(refused(text).status, text.slice(0, 60)).toBe(400);
    }
  });

  test("an IPv6 offer is answered in IPv6 (RFC 8866 §5.7)", () => {
    const offer = offerOf("m=audio 7000 RTP/AVP 0").replaceAll("IP4 198.51.100.9", "IP6 2001:db8::9");
    const { sdp, audio } = answered(offer, { address: "2001:db8::1" });
    expect(sdp).toContain("c=IN IP6 2001:db8::1\r\n");
    expect(audio.remote.address).toBe("2001:db8::9");
  });
});
