/**
 * CPU time of one answered call, set up and released: both user agents, all timers, text written and parsed, no sockets.
 * Run: node sip-stack/bench/call.bench.ts [calls]
 */
import { seededRandom } from "@voepy/base";
import { parseMessage } from "../src/message/parse.ts";
import type { SipAddress, SipEvent } from "../src/ua/types.ts";
import { UserAgent } from "../src/ua/user-agent.ts";

const SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
const calls = Number(process.argv[2] ?? 10_000);

interface End {
  readonly agent: UserAgent;
  readonly here: SipAddress;
}

function makeEnd(address: string, seed: number): End {
  const agent = new UserAgent({
    domain: "voepy.local",
    userAgentName: "bench",
    digestAlgorithms: ["MD5"],
    hooks: { screen: () => ({ type: "trust", label: "bench" }), password: () => undefined },
    random: seededRandom(seed),
    near: () => ({ address, port: 5060 }),
  });
  return { agent, here: { transport: "udp", address, port: 5060 } };
}

const ann = makeEnd("192.0.2.1", 1);
const bob = makeEnd("192.0.2.2", 2);
let nowMs = 0;

function carry(from: End, to: End, onEvent: (event: SipEvent) => void): boolean {
  const effects = from.agent.drain();
  for (const effect of effects) {
    if (effect.type === "send") to.agent.receive(parseMessage(effect.bytes, { stream: false }), from.here, nowMs);
    else if (effect.type === "event") onEvent(effect.event);
  }
  return effects.length > 0;
}

function settle(): void {
  const onInvite = (event: SipEvent): void => {
    if (event.type !== "invite") return;
    bob.agent.progress(event.session, { status: 180 }, nowMs);
    bob.agent.accept(event.session, { sdp: SDP }, nowMs);
  };
  while (carry(ann, bob, () => undefined) || carry(bob, ann, onInvite));
}

/** 100 calls a second of virtual time, so that some thousand transactions wait for their last timers. */
function placeCall(): void {
  nowMs += 10;
  ann.agent.tick(nowMs);
  bob.agent.tick(nowMs);
  const session = ann.agent.invite(
    {
      target: { transport: "udp", host: "192.0.2.2", port: 5060 },
      requestUri: "sip:+12025550123@192.0.2.2",
      from: { uri: "sip:+12025550100@voepy.local", displayName: "Alice" },
      to: { uri: "sip:+12025550123@192.0.2.2", displayName: "" },
      sdp: SDP,
      headers: [],
    },
    nowMs,
  );
  settle();
  ann.agent.bye(session, [], nowMs);
  settle();
}

for (let i = 0; i < 4000; i++) placeCall();
const before = process.cpuUsage();
for (let i = 0; i < calls; i++) placeCall();
const { user, system } = process.cpuUsage(before);
const perCallUs = (user + system) / calls;
console.log(
  `answered call, both ends: ${perCallUs.toFixed(0)} µs CPU, so about ${(perCallUs / 2).toFixed(0)} µs an end`,
);
console.log(`transactions waiting for their last timers: ${ann.agent.counters()["transactions"]} an end`);
console.log(`heap: ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB`);
