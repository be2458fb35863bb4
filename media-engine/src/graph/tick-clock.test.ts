import { expect, test } from "vitest";
import { TickClock } from "./tick-clock.ts";

function ran(clock: TickClock, nowMs: number): number[] {
  const turns: number[] = [];
  clock.run(nowMs, (_slot, turn) => turns.push(turn));
  return turns;
}

test("every millisecond is run once, in order, whenever it is asked", () => {
  const clock = new TickClock(1000.4);
  expect(ran(clock, 1002.5)).toEqual([0, 1, 2]);
  expect(ran(clock, 1003.3)).toEqual([]);
  expect(ran(clock, 1005.4)).toEqual([3, 4, 5]);
});

test("a late wake-up does not shift what follows", () => {
  const clock = new TickClock(0);
  ran(clock, 50);
  expect(clock.nextMs((slot) => slot === 0)).toBe(60);
});

test("a long stall is caught up by five ticks and the rest is debt", () => {
  const clock = new TickClock(0);
  ran(clock, 0);
  expect(ran(clock, 1000).length).toBeLessThanOrEqual(101);
  expect(clock.debtTicks).toBe(45);
});

test("time without work is no debt", () => {
  const clock = new TickClock(0);
  clock.skipTo(5000);
  expect(ran(clock, 5003)).toEqual([5000, 5001, 5002, 5003]);
  expect(clock.debtTicks).toBe(0);
});

test("without work there is no next time", () => {
  expect(new TickClock(0).nextMs(() => false)).toBe(Number.POSITIVE_INFINITY);
});
