import { randomUint32, seededRandom } from "@voepy/base";
import { expect, test } from "vitest";
import { type Deadline, Deadlines } from "./deadlines.ts";

test("entries come out by time, and in order of arming where times are equal", () => {
  const deadlines = new Deadlines<string>();
  deadlines.arm(20, "later");
  deadlines.arm(10, "first");
  deadlines.arm(10, "second");
  expect(deadlines.nextMs()).toBe(10);
  expect(deadlines.popDue(9)).toBeUndefined();
  expect([deadlines.popDue(30), deadlines.popDue(30), deadlines.popDue(30)]).toEqual(["first", "second", "later"]);
  expect(deadlines.popDue(30)).toBeUndefined();
  expect(deadlines.nextMs()).toBeUndefined();
});

test("a cancelled entry never fires and is not counted", () => {
  const deadlines = new Deadlines<string>();
  const entry = deadlines.arm(10, "never");
  deadlines.arm(20, "yes");
  deadlines.cancel(entry);
  deadlines.cancel(entry);
  expect(deadlines.size).toBe(1);
  expect(deadlines.nextMs()).toBe(20);
  expect(deadlines.popDue(100)).toBe("yes");
  expect(deadlines.size).toBe(0);
});

test("20,000 entries, most of them cancelled, come out sorted and without the dead", () => {
  const random = seededRandom(7);
  const deadlines = new Deadlines<number>();
  const kept: number[] = [];
  const entries: Deadline<number>[] = [];
  for (let i = 0; i < 20_000; i++) {
    const atMs = randomUint32(random) % 32_000;
    entries.push(deadlines.arm(atMs, atMs));
  }
  entries.forEach((entry, i) => {
    if (i % 10 === 0) kept.push(entry.atMs);
    else deadlines.cancel(entry);
  });
  const out: number[] = [];
  for (let due = deadlines.popDue(32_000); due !== undefined; due = deadlines.popDue(32_000)) out.push(due);
  expect(out).toEqual(kept.sort((a, b) => a - b));
});
