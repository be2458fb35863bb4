/** What strangers can do to a leg: nothing. The first letters of each name are the threat. */
import { seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { FarEnd, pcmuParams, Rig } from "../../test/rig.ts";

const ATTACKER = { address: "203.0.113.66", udpPort: 6666 };

function bridged() {
  const rig = new Rig();
  const [a, b] = [rig.port("a", pcmuParams(10_000)), rig.port("b", pcmuParams(20_000))];
  rig.graph.setBridge("bridge", ["a", "b"]);
  return { rig, a, b, ann: new FarEnd(10_000) };
}

test("injection: audio of a third address is neither passed on nor does it take the media", () => {
  const { rig, a, b, ann } = bridged();
  const eve = new FarEnd(ATTACKER.udpPort, ATTACKER.address);
  eve.ssrc = ann.ssrc;
  for (let tick = 0; tick < 100; tick++) {
    rig.arrive(a, ann.audio(new Uint8Array(160).fill(1)), ann);
    for (let i = 0; i < 3; i++) rig.arrive(a, eve.audio(new Uint8Array(160).fill(2)), eve);
    rig.run(20);
  }
  expect(rig.sentBy(b).map((heard) => heard.payload[0])).toEqual(Array.from({ length: 100 }, () => 1));
  expect(new Set([...rig.sentBy(a), ...rig.sentBy(b)].map((heard) => heard.to))).toEqual(
    new Set(["198.51.100.1:20000"]),
  );
  expect(a.rxForeign).toBe(300);
});

test("bleed: whoever sends before the caller does gets no packet", () => {
  const { rig, a, ann } = bridged();
  const eve = new FarEnd(ATTACKER.udpPort, ATTACKER.address);
  for (let i = 0; i < 25; i++) {
    rig.arrive(a, eve.audio(new Uint8Array(160)), eve);
    rig.run(20);
  }
  rig.arrive(a, ann.audio(new Uint8Array(160)), ann);
  rig.graph.setBridge("bridge", []);
  rig.run(200);
  expect(rig.sentBy(a).every((heard) => heard.to === "198.51.100.1:10000")).toBe(true);
});

test("digits: a telephone-event of a third address is no digit", () => {
  const { rig, a, ann } = bridged();
  const eve = new FarEnd(ATTACKER.udpPort, ATTACKER.address);
  rig.arrive(a, ann.audio(new Uint8Array(160)), ann);
  rig.arrive(a, eve.packet(Uint8Array.of(5, 0x8a, 1, 0x40), 101, true), eve);
  expect(rig.events.filter((event) => event.type === "digit")).toEqual([]);
});

test("payload types that were not agreed are dropped and counted", () => {
  const { rig, a, b, ann } = bridged();
  rig.arrive(a, ann.audio(new Uint8Array(160), 18), ann);
  expect(rig.sentBy(b)).toEqual([]);
  expect(a.stats().rxDiscarded).toBe(1);
});

test("fuzz: a hundred thousand broken packets of the right address change nothing", () => {
  const { rig, a, b, ann } = bridged();
  const random = seededRandom(5);
  rig.arrive(a, ann.audio(new Uint8Array(160).fill(1)), ann);
  const first = rig.sentBy(b)[0];
  rig.keepsSent = false;
  for (let i = 0; i < 100_000; i++) {
    const [size = 0, kind = 0] = random.fill(new Uint8Array(2));
    const bytes = random.fill(new Uint8Array(size));
    if (bytes.length > 1 && kind % 2) bytes.set([0x80 | (bytes[0]! & 0x3f), kind % 4 === 1 ? 0 : 101]);
    rig.arrive(a, bytes, ann);
  }
  rig.keepsSent = true;
  ann.seq += 1;
  rig.arrive(a, ann.audio(new Uint8Array(160).fill(3)), ann);
  expect(rig.sentBy(b).at(-1)).toMatchObject({ ssrc: first?.ssrc, payload: new Uint8Array(160).fill(3) });
});
