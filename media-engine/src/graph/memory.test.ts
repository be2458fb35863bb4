import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { FarEnd, pcmuParams, Rig } from "../../test/rig.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

test("ten thousand ticks of relay, mix and playout leave the heap where it was", () => {
  const rig = new Rig();
  rig.keepsSent = false;
  const ports = Array.from({ length: 6 }, (_, i) => rig.port(`leg${i}`, pcmuParams(10_000 + i)));
  const people = ports.map((_, i) => new FarEnd(10_000 + i));
  rig.graph.setBridge("relay", ["leg0", "leg1"]);
  rig.graph.setBridge("mix", ["leg2", "leg3", "leg4"]);
  const segments = [{ frequenciesHz: [440], levelDbm0: -10, durationMs: 1000 }];
  ports[5]!.playout.enqueue({ prompt: "p", source: { type: "tone", tone: { segments, repeat: true } }, loop: 0 });
  rig.graph.reroute(ports[5]!);
  const payload = new Uint8Array(160).fill(0x55);
  const tick = (): void => {
    ports.forEach((port, i) => rig.arrive(port, people[i]!.audio(payload), people[i]!));
    rig.run(20);
  };
  const heapAfter = (ticks: number): number => {
    for (let i = 0; i < ticks; i++) tick();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heapAfter(1000);
  expect(heapAfter(10_000) - before).toBeLessThan(256 * 1024);
});
