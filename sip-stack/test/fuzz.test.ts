/** Broken messages into a running call: nothing throws, nothing is left, the call goes on. Seeded. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { randomUint32, seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { parseMessage } from "../src/message/parse.ts";
import { serialise } from "../src/message/serialise.ts";
import { type Agent, Net, SDP } from "./net.ts";

const TORTURE = fileURLToPath(new URL("../../../shared/fixtures/rfc4475/", import.meta.url));

function talking(): { net: Net; ann: Agent; bob: Agent; session: string } {
  const net = new Net();
  const ann = net.agent("192.0.2.1");
  const bob = net.agent("192.0.2.2");
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
  };
  const session = ann.call("192.0.2.2");
  net.run(1000);
  return { net, ann, bob, session };
}

/** Messages of every extension, so that their readers are fuzzed too. */
function useEverything({ net, ann, bob, session }: ReturnType<typeof talking>): void {
  const theirs = bob.of("invite")[0]!.session;
  const info = { contentType: "application/dtmf-relay", body: "Signal=5\r\nDuration=160\r\n" };
  ann.do((ua, now) => ua.offer(session, { sdp: SDP, by: "UPDATE" }, now));
  net.run(100);
  bob.do((ua, now) => ua.answerOffer(theirs, { sdp: SDP }, now));
  ann.do((ua, now) => ua.info(session, info, now));
  ann.do((ua, now) => ua.refer(session, { to: "sip:carol@192.0.2.3", replaces: session }, now));
  net.run(100);
  bob.do((ua, now) => ua.answerRefer(theirs, { status: 202 }, now));
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.progress(event.session, { status: 183, sdp: SDP }, now));
  };
  const headers = [
    { name: "Replaces", value: "x;to-tag=a;from-tag=b;early-only" },
    { name: "Session-Expires", value: "600;refresher=uac" },
    { name: "Reason", value: 'Q.850;cause=16;text="done"' },
  ];
  ann.call("192.0.2.2", { sessionTimers: { mode: "require", expirySecs: 600 } });
  ann.call("192.0.2.2", { headers });
  net.run(1000);
  expect(ann.sentRequests("PRACK")).not.toEqual([]);
  expect(bob.sentRequests("NOTIFY")).not.toEqual([]);
}

function endsWell({ net, ann, bob, session }: ReturnType<typeof talking>): void {
  bob.on = () => undefined;
  ann.do((ua, now) => ua.bye(session, [], now));
  net.run(1000);
  expect(bob.of("ended").some(({ cause }) => cause === "bye")).toBe(true);
}

test.skipIf(!existsSync(TORTURE))(
  "RFC 4475: each torture message meets a busy user agent, which answers or drops it",
  () => {
    const world = talking();
    const files = readdirSync(TORTURE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".dat"));
    expect(files.length).toBeGreaterThanOrEqual(49);
    for (const name of files) {
      world.bob.receive(
        readFileSync(TORTURE + name),
        { transport: "udp", address: "198.51.100.9", port: 5060 },
        world.net.nowMs,
      );
    }
    endsWell(world);
  },
);

test("20,000 mutations of a call's own messages: nothing throws, most are dropped, state stays bounded", () => {
  const world = talking();
  useEverything(world);
  const seeds = [...world.ann.sent, ...world.bob.sent].map(({ message }) => Buffer.from(serialise(message)));
  const random = seededRandom(2026);
  const below = (limit: number): number => randomUint32(random) % limit;
  // Nothing the flood draws comes back to us.
  world.net.drop = () => true;
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.from(seeds[below(seeds.length)]!);
    for (let flips = below(4); flips >= 0; flips--) bytes[below(bytes.length)] = below(256);
    const cut = below(10) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
    const to = below(2) === 0 ? world.ann : world.bob;
    const source = { transport: "udp", address: `203.0.113.${below(256)}`, port: 5060 } as const;
    to.ua.receive(parseMessage(cut, { stream: false }), source, world.net.nowMs);
    to.ua.drain();
  }
  expect(world.bob.ua.counters()["malformed"]).toBeGreaterThan(1000);
  expect(world.bob.ua.counters()["liveSessions"]).toBeLessThan(2000);
});
