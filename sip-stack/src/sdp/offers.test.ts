/** The collection of real offers, each answered as RFC 3264 demands of its note. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AudioCapabilities, CodecName } from "./audio.ts";
import { makeSrtpKeys } from "./crypto.ts";
import { answerOffer } from "./offer-answer.ts";
import { directionOf, type MediaSection, parseSdp, type SessionDescription } from "./parse.ts";

const FOLDER = new URL("../../../../shared/fixtures/sdp/", import.meta.url);

interface ExpectedMedia {
  readonly type: string;
  readonly proto: string;
  readonly expect: "accept" | "reject" | "either";
  readonly codecPts: readonly string[] | null;
  /** Numbers or their text. */
  readonly tePts: readonly (string | number)[] | null;
  readonly answerDirs: readonly string[] | null;
  readonly crypto: boolean;
}

interface Offer {
  readonly id: string;
  readonly file: string;
  readonly status: readonly (number | string)[];
  readonly media: readonly ExpectedMedia[] | null;
  readonly exactlyOne: boolean;
  readonly maxptime: number | null;
}

const OURS: AudioCapabilities = {
  codecs: ["OPUS", "G722", "PCMA", "PCMU"],
  address: "192.0.2.200",
  udpPort: 40_012,
  direction: "sendrecv",
  ptimeMs: 20,
  telephoneEvent: true,
  sessionId: "77",
  sessionVersion: 1,
  srtp: { policy: "accept", keys: makeSrtpKeys((out) => out.fill(7)) },
};

const available = existsSync(FOLDER);
const offers: readonly Offer[] = available ? readIndex() : [];

function readIndex(): readonly Offer[] {
  const index: { offers: readonly Offer[] } = JSON.parse(readFileSync(new URL("index.json", FOLDER), "utf8"));
  return index.offers;
}

const sectionsOf = (sdp: string): { session: SessionDescription; media: readonly MediaSection[] } => {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) throw new Error(parsed.problem);
  return { session: parsed.session, media: parsed.session.media };
};

/** An accepted section beside what the collection allows for it. */
function checkTaken(section: MediaSection, session: SessionDescription, expected: ExpectedMedia): void {
  expect(expected.expect).not.toBe("reject");
  const [codec, event] = section.formats;
  if (expected.codecPts !== null) expect(expected.codecPts).toContain(codec);
  if (event !== undefined) expect(expected.tePts?.map(String)).toContain(event);
  expect(expected.answerDirs ?? [directionOf(session, section)]).toContain(directionOf(session, section));
  const cryptos = section.attributes.filter((attribute) => attribute.name === "crypto");
  expect(cryptos).toHaveLength(expected.crypto ? 1 : 0);
  for (const name of ["ice-ufrag", "candidate", "fingerprint"]) {
    expect(
      section.attributes.some((attribute) => attribute.name === name),
      name,
    ).toBe(false);
  }
}

describe.skipIf(!available)("offers of phones, gateways and carriers", () => {
  for (const offer of offers) {
    const text = readFileSync(new URL(offer.file, FOLDER), "utf8");
    const mustTake = offer.status.every((status) => status === "2xx");

    test(offer.id, () => {
      const result = answerOffer(text, OURS);
      if (!result.ok) {
        expect(mustTake, result.problem).toBe(false);
        expect(offer.status).toContain(result.status);
        return;
      }
      expect(offer.status).toContain("2xx");
      const { session, media } = sectionsOf(result.sdp);
      expect(media).toHaveLength(offer.media?.length ?? 0);
      for (const [i, section] of media.entries()) {
        const expected = offer.media?.[i];
        if (expected === undefined) throw new Error("more sections than expected");
        expect(section.media).toBe(expected.type);
        expect(section.proto).toBe(expected.proto);
        if (section.udpPort > 0) checkTaken(section, session, expected);
      }
      if (offer.exactlyOne) expect(media.filter((section) => section.udpPort > 0)).toHaveLength(1);
      if (offer.maxptime !== null) expect(result.audio.ptimeMs).toBeLessThanOrEqual(offer.maxptime);
      expect(result.audio.remote.udpPort).toBeGreaterThan(0);
      const sends = result.audio.direction === "sendrecv" || result.audio.direction === "sendonly";
      expect(sends && result.audio.remote.address === "0.0.0.0").toBe(false);
    });

    test(`${offer.id}: each of our codecs alone is taken or refused without a 400`, () => {
      if (!mustTake) return;
      for (const codec of ["PCMU", "PCMA", "G722", "OPUS"] satisfies CodecName[]) {
        const result = answerOffer(text, { ...OURS, codecs: [codec] });
        expect(result.ok ? result.audio.codec : result.status).toBe(result.ok ? codec : 488);
      }
    });
  }
});
