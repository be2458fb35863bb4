/** Seeded mutation of good and bad messages: nothing may throw, hang or come out other than it went in. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { answerOffer } from "../sdp/offer-answer.ts";
import { parseSdp } from "../sdp/parse.ts";
import { StreamFramer } from "./framer.ts";
import { parseMessage } from "./parse.ts";
import { serialise } from "./serialise.ts";
import { judge, type UasPolicy } from "./validate.ts";

const FOLDER = new URL("../../../../shared/fixtures/rfc4475/", import.meta.url);
const MUTATIONS = 100_000;

const POLICY: UasPolicy = {
  methods: ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "MESSAGE"],
  extensions: [],
  contentTypes: ["application/sdp"],
};

const INVITE = Buffer.from(
  [
    "INVITE sip:bob@[2001:db8::9:1]:5070;transport=udp SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKx, SIP/2.0/TCP example.com;branch=z9hG4bKy;received=192.0.2.9",
    'From: "A \\"B\\" C" <sip:alice@example.com;transport=tcp>;tag=88a;x="q;,"',
    "t: <sip:bob@example.com>",
    "i: a84b4c76e66710",
    "CSeq: 314159 INVITE",
    "Contact: <sip:alice@192.0.2.1>",
    "Content-Type: application/sdp",
    "l: 66",
    "",
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0",
  ].join("\r\n"),
);

const seeds = existsSync(FOLDER)
  ? readdirSync(FOLDER)
      .filter((name) => name.endsWith(".dat"))
      .map((name) => readFileSync(new URL(name, FOLDER)))
  : [];
const corpus = [INVITE, ...seeds];

/** What parsers trip over. */
const SPICE = [
  "\r\n",
  "\r\n\r\n",
  "\r\n ",
  ":",
  ";",
  ",",
  '"',
  "<",
  ">",
  "\\",
  "@",
  "%",
  "[",
  "]",
  "=",
  "?",
  "\0",
  "\n",
  "\r",
  "\x0b",
  "é",
  "99999999999999999999",
  "-1",
  "__proto__",
];

function mutate(seed: Buffer, next: () => number): Buffer {
  let bytes = Buffer.from(seed);
  for (let rounds = 1 + (next() % 4); rounds > 0; rounds--) {
    const at = next() % (bytes.length + 1);
    const upTo = Math.min(bytes.length, at + (next() % 40));
    const kind = next() % 4;
    if (kind === 0 && at < bytes.length) bytes[at] = next() & 255;
    else if (kind === 1)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(SPICE[next() % SPICE.length]!), bytes.subarray(at)]);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(upTo)]);
    else bytes = Buffer.concat([bytes.subarray(0, upTo), bytes.subarray(at)]);
  }
  return bytes;
}

function numbersFrom(seed: number): () => number {
  const random = seededRandom(seed);
  const pool = new Uint8Array(4096);
  const view = new DataView(pool.buffer);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      random.fill(pool);
      at = 0;
    }
    at += 4;
    return view.getUint32(at - 4);
  };
}

test(`${MUTATIONS} mutations are judged without a throw, and what parses is written and read back alike`, {
  timeout: 120_000,
}, () => {
  const next = numbersFrom(20_261_122);
  let processed = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const bytes = mutate(corpus[i % corpus.length]!, next);
    const judgement = judge(bytes, POLICY);
    if (judgement.type === "answer") serialise(judgement.response);
    if (judgement.type !== "process") continue;
    processed++;
    const written = serialise(judgement.message);
    const again = parseMessage(written, { stream: true });
    if (!again.ok) throw new Error(`mutation ${i}: ${again.problem}`);
    // Its own Content-Length, which may have been missing or short of the datagram, is now there.
    expect(Buffer.from(serialise(again.message)).equals(written), `mutation ${i}`).toBe(true);
  }
  expect(processed).toBeGreaterThan(MUTATIONS / 20);
});

test("mutations cut at random come off a stream the same however they are cut", () => {
  const next = numbersFrom(7);
  for (let i = 0; i < 3_000; i++) {
    const bytes = Buffer.concat([mutate(corpus[next() % corpus.length]!, next), INVITE]);
    const whole = new StreamFramer().push(bytes);
    const cut = new StreamFramer();
    const pieces = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + (next() % 200);
      pieces.push(...cut.push(bytes.subarray(at, at + size)));
      at += size;
    }
    expect(pieces, `mutation ${i}`).toEqual(whole);
  }
});

test("mutated SDP is answered or refused without a throw", () => {
  const next = numbersFrom(11);
  const sdp = Buffer.from(
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 96 101\r\n" +
      "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n",
  );
  for (let i = 0; i < 30_000; i++) {
    const text = mutate(sdp, next).toString("utf8");
    const result = answerOffer(text, {
      codecs: ["PCMU", "OPUS"],
      address: "192.0.2.2",
      udpPort: 4000,
      direction: "sendrecv",
      ptimeMs: 20,
      telephoneEvent: true,
      sessionId: "1",
      sessionVersion: 1,
    });
    if (result.ok) expect(parseSdp(result.sdp).ok).toBe(true);
  }
});
