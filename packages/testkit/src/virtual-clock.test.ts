import { randomUint32, seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

test("timers run in order of time, ties in order of scheduling, and see the time they were set for", async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.nowMs()}`);
  clock.schedule(30, note("c"));
  clock.schedule(10, note("a"));
  clock.schedule(30, note("d"));
  clock.schedule(20.5, note("b"));
  await clock.advance(29);
  expect(seen).toEqual(["a@10", "b@20.5"]);
  expect(clock.nowMs()).toBe(29);
  await clock.advance(1);
  expect(seen).toEqual(["a@10", "b@20.5", "c@30", "d@30"]);
});

test("a timer never runs inside the call that schedules it, not even one of the past", async () => {
  const clock = new VirtualClock();
  let hasRun = false;
  clock.schedule(-5, () => {
    hasRun = true;
  });
  expect(hasRun).toBe(false);
  await clock.advance(0);
  expect(hasRun).toBe(true);
});

test("a cancelled timer does not run and is not counted", async () => {
  const clock = new VirtualClock();
  const timer = clock.schedule(5, () => expect.unreachable());
  clock.schedule(6, () => timer.cancel());
  timer.cancel();
  expect(clock.pending()).toBe(1);
  await clock.advance(10);
  expect(clock.pending()).toBe(0);
});

test("timers scheduled by timers and by promises run within the same advance", async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const again = async (): Promise<void> => {
    seen.push(clock.nowMs());
    await Promise.resolve();
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (seen.length < 4) clock.schedule(clock.nowMs() + 10, () => void again());
  };
  clock.schedule(10, () => void again());
  await clock.advance(40);
  expect(seen).toEqual([10, 20, 30, 40]);
});

test("wall time follows", async () => {
  const clock = new VirtualClock({ wallMs: 1000 });
  await clock.advance(250);
  expect(clock.wallMs()).toBe(1250);
});

test("until stops at the instant its condition comes true, and says what it waited for when it does not", async () => {
  const clock = new VirtualClock();
  let count = 0;
  const tick = (): void => {
    count++;
    clock.schedule(clock.nowMs() + 20, tick);
  };
  clock.schedule(20, tick);
  await clock.until(() => count === 3);
  expect(clock.nowMs()).toBe(60);
  await expect(clock.until(() => count === 1000, 500, "the thousandth tick")).rejects.toThrow(
    /thousandth tick.*500 ms/,
  );
});

test("resolve advances until a promise gives its value", async () => {
  const clock = new VirtualClock();
  const later = new Promise<string>((resolve) => clock.schedule(3000, () => resolve("done")));
  expect(await clock.resolve(later)).toBe("done");
  expect(clock.nowMs()).toBe(3000);
});

test("a timer that re-arms itself at the same instant for ever is reported, not obeyed", async () => {
  const clock = new VirtualClock();
  const again = (): void => void clock.schedule(clock.nowMs(), again);
  again();
  await expect(clock.advance(1)).rejects.toThrow(/without end/);
});

test("ten thousand timers in random order with random cancellations come out sorted", async () => {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const ran: number[] = [];
  let kept = 0;
  for (let i = 0; i < 10_000; i++) {
    const timer = clock.schedule(randomUint32(random) % 5000, () => ran.push(clock.nowMs()));
    if (randomUint32(random) % 4 === 0) timer.cancel();
    else kept++;
  }
  await clock.advance(5000);
  expect(ran.length).toBe(kept);
  expect(ran).toEqual(ran.toSorted((a, b) => a - b));
});
