/** Microseconds of CPU for reading and writing SIP text: `node sip-stack/bench/parse.bench.ts`. */
import { performance } from "node:perf_hooks";
import { parseMessage } from "../src/message/parse.ts";
import { serialise } from "../src/message/serialise.ts";
import { judge, type UasPolicy, validateRequest } from "../src/message/validate.ts";
import { answerOffer } from "../src/sdp/offer-answer.ts";

const POLICY: UasPolicy = {
  methods: ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REGISTER"],
  extensions: ["timer"],
  contentTypes: ["application/sdp"],
};

const SDP = [
  "v=0",
  "o=- 3747 3747 IN IP4 192.0.2.10",
  "s=-",
  "c=IN IP4 192.0.2.10",
  "t=0 0",
  "m=audio 16384 RTP/AVP 0 8 9 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:8 PCMA/8000",
  "a=rtpmap:9 G722/8000",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-15",
  "a=ptime:20",
  "a=sendrecv",
  "",
].join("\r\n");

const INVITE = Buffer.from(
  [
    "INVITE sip:+12025550123@sip.example.com:5060;transport=udp SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.20:5060;rport;branch=z9hG4bKPj6f1d2c3b4a5968778695a4b3c2d1e0f",
    "Via: SIP/2.0/UDP 192.0.2.10:5070;received=192.0.2.10;rport=5070;branch=z9hG4bK-524287-1---8d2a",
    "Record-Route: <sip:192.0.2.20;lr;ftag=9fxced76sl>",
    "Max-Forwards: 69",
    'From: "Alice Example" <sip:+12025550199@carrier.example.net>;tag=9fxced76sl',
    "To: <sip:+12025550123@sip.example.com>",
    "Contact: <sip:+12025550199@192.0.2.10:5070;transport=udp>",
    "Call-ID: 3848276298220188511@carrier.example.net",
    "CSeq: 102 INVITE",
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE",
    "Supported: replaces, timer, path",
    "User-Agent: Carrier SBC 7.4.1",
    "Session-Expires: 1800",
    "P-Asserted-Identity: <sip:+12025550199@carrier.example.net>",
    "Content-Type: application/sdp",
    `Content-Length: ${SDP.length}`,
    "",
    SDP,
  ].join("\r\n"),
);

function microseconds(runs: number, work: () => unknown): number {
  for (let i = 0; i < runs / 2; i++) work();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let i = 0; i < runs; i++) work();
    best = Math.min(best, ((performance.now() - start) * 1_000) / runs);
  }
  return best;
}

const result = parseMessage(INVITE, { stream: false });
if (!result.ok || result.message.kind !== "request") throw new Error("the INVITE of this bench does not parse");
const invite = result.message;

const print = (name: string, value: number): void =>
  console.log(`${name.padEnd(52)} ${value.toFixed(1).padStart(9)} µs`);

print(
  `parse an INVITE of ${INVITE.length} bytes`,
  microseconds(20_000, () => parseMessage(INVITE, { stream: false })),
);
print(
  "serialise it",
  microseconds(20_000, () => serialise(invite)),
);
print(
  "validate it",
  microseconds(20_000, () => validateRequest(invite, POLICY)),
);
const ours = {
  codecs: ["PCMU", "PCMA"],
  address: "192.0.2.1",
  udpPort: 40_000,
  direction: "sendrecv",
  ptimeMs: 20,
  telephoneEvent: true,
  sessionId: "1",
  sessionVersion: 1,
} as const;
print(
  "answer its SDP",
  microseconds(20_000, () => answerOffer(SDP, ours)),
);

const HEAD = INVITE.subarray(0, INVITE.indexOf("\r\nAllow")).toString();
const hostile: readonly (readonly [string, string])[] = [
  ["8 kB of semicolons in a Via", `${HEAD}\r\nVia: SIP/2.0/UDP a${";".repeat(8_000)}`],
  ["8 kB of open quotes in a Contact", `${HEAD}\r\nContact: ${'"'.repeat(8_000)}`],
  ["8 kB of backslashes in a From", `${HEAD}\r\nFrom: "${"\\".repeat(8_000)}`],
  ["60 kB of folds", `${HEAD}\r\nSubject: ${"a\r\n ".repeat(15_000)}`],
  ["60 kB of commas in Contact", `${HEAD}\r\nContact: ${",".repeat(60_000)}`],
  ["60 kB of empty headers", `${HEAD}${"\r\na:".repeat(15_000)}`],
  ["60 kB of line ends", `${HEAD}${"\r\n ".repeat(20_000)}`],
  ["60 kB of spaces before a colon", `${HEAD}\r\nX${" ".repeat(60_000)}: 1`],
  ["60 kB in the Request-URI", `INVITE sip:${"a".repeat(60_000)} SIP/2.0\r\n\r\n`],
];
for (const [name, head] of hostile) {
  const bytes = Buffer.from(`${head}\r\n\r\n`);
  print(
    `judge ${name}`,
    microseconds(50, () => judge(bytes, POLICY)),
  );
}
