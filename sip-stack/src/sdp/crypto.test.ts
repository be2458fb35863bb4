import { describe, expect, test } from "vitest";
import type { AudioCapabilities, SrtpKeys } from "./audio.ts";
import { makeSrtpKeys } from "./crypto.ts";
import { answerOffer, makeOffer, readAnswer } from "./offer-answer.ts";

const keysOf = (byte: number): SrtpKeys => makeSrtpKeys((out) => out.fill(byte));
const ANN: AudioCapabilities = {
  codecs: ["PCMU"],
  address: "192.0.2.1",
  udpPort: 4000,
  direction: "sendrecv",
  ptimeMs: 20,
  telephoneEvent: false,
  sessionId: "1",
  sessionVersion: 1,
  srtp: { policy: "require", keys: keysOf(1) },
};
const BOB: AudioCapabilities = { ...ANN, udpPort: 5000, srtp: { policy: "accept", keys: keysOf(2) } };

function agree(offer: string, answerer: AudioCapabilities) {
  const answer = answerOffer(offer, answerer);
  if (!answer.ok) throw new Error(answer.problem);
  const read = readAnswer(offer, answer.sdp);
  if (!read.ok) throw new Error(read.problem);
  return { offerer: read.audio, answerer: answer.audio, sdp: answer.sdp };
}

/** An offer with one `a=crypto`. */
const withCrypto = (crypto: string, proto = "RTP/SAVP"): string =>
  `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 ${proto} 0\r\na=crypto:${crypto}\r\n`;

const KEY = Buffer.alloc(30, 9).toString("base64");

describe("a=crypto (RFC 4568)", () => {
  test("each side sends with its own key and receives with the other's (§5.1)", () => {
    const { offerer, answerer } = agree(makeOffer(ANN), BOB);
    expect(offerer.srtp?.suite).toBe("AES_CM_128_HMAC_SHA1_80");
    expect(offerer.srtp?.txKey).toBe(answerer.srtp?.rxKey);
    expect(offerer.srtp?.rxKey).toBe(answerer.srtp?.txKey);
    expect(offerer.srtp?.txKey).not.toBe(offerer.srtp?.rxKey);
  });

  test("an answer has one a=crypto, with the offer's tag and a key of its own (§5.1.2)", () => {
    const answer = answerOffer(withCrypto(`7 AES_CM_128_HMAC_SHA1_32 inline:${KEY}|2^31`), BOB);
    const [, line] = /a=crypto:(.*)\r\n/.exec(answer.ok ? answer.sdp : "") ?? [];
    expect(line).toBe(`7 AES_CM_128_HMAC_SHA1_32 inline:${keysOf(2).AES_CM_128_HMAC_SHA1_32}`);
  });

  test("an encrypted session stays so, with its suite and key, when it is offered again", () => {
    const first = agree(makeOffer(ANN), BOB);
    const again = agree(makeOffer({ ...BOB, direction: "sendonly", sessionVersion: 2 }, first.sdp), ANN);
    expect(again.offerer.srtp).toEqual(first.answerer.srtp);
  });

  test("who requires encryption refuses plain RTP, and who does not want it RTP/SAVP", () => {
    expect(answerOffer(makeOffer({ ...BOB, srtp: undefined }), ANN).ok).toBe(false);
    expect(answerOffer(makeOffer(ANN), { ...BOB, srtp: undefined }).ok).toBe(false);
  });

  test.each([
    ["a key that is too short", "1 AES_CM_128_HMAC_SHA1_80 inline:c2hvcnQ="],
    ["a suite that is not known", `1 F8_128_HMAC_SHA1_80 inline:${KEY}`],
    ["a master key identifier", `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^20|1:4`],
    ["several keys", `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|1:4;inline:${KEY}|2:4`],
    ["unencrypted SRTP (§6.3.2)", `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY} UNENCRYPTED_SRTP`],
  ])("%s is not agreed to", (_what, crypto) => {
    expect(answerOffer(withCrypto(crypto), BOB).ok).toBe(false);
  });

  test("an answer with another tag or without a=crypto is refused", () => {
    const offer = makeOffer(ANN);
    expect(readAnswer(offer, withCrypto(`9 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`)).ok).toBe(false);
    expect(readAnswer(offer, withCrypto("none")).ok).toBe(false);
  });
});

describe("where RTCP goes", () => {
  test("on the port of RTP when both say a=rtcp-mux (RFC 5761 §5.1.1)", () => {
    const plain = { ...ANN, srtp: undefined, rtcpMux: true };
    expect(agree(makeOffer(plain), { ...BOB, rtcpMux: true }).offerer.rtcpMux).toBe(true);
    expect(agree(makeOffer(plain), BOB).offerer.rtcpMux).toBe(false);
    expect(agree(makeOffer({ ...plain, rtcpMux: false }), { ...BOB, rtcpMux: true }).sdp).not.toContain("rtcp-mux");
  });

  test("to the port of a=rtcp (RFC 3605)", () => {
    const offer = `${makeOffer({ ...ANN, srtp: undefined })}a=rtcp:53020 IN IP4 192.0.2.7\r\n`;
    const answer = answerOffer(offer, BOB);
    expect(answer.ok && answer.audio.remote.rtcpPort).toBe(53_020);
  });
});
