import { expect, test } from "vitest";
import { Lockout } from "./lockout.ts";

const HERE = "198.51.100.7";

function failTimes(lockout: Lockout, times: number, nowMs: number): void {
  for (let i = 0; i < times; i++) lockout.failed(HERE, "alice", nowMs);
}

test("nine wrong answers lock nobody out, the tenth does for the rest of the minute", () => {
  const lockout = new Lockout();
  failTimes(lockout, 9, 0);
  expect(lockout.isLocked(HERE, "alice", 0)).toBe(false);
  failTimes(lockout, 1, 1000);
  expect(lockout.isLocked(HERE, "alice", 59_999)).toBe(true);
  expect(lockout.isLocked(HERE, "alice", 60_000)).toBe(false);
});

test("thirty lock out for ten minutes, and trying on makes it longer", () => {
  const lockout = new Lockout();
  failTimes(lockout, 30, 0);
  expect(lockout.isLocked(HERE, "alice", 599_999)).toBe(true);
  failTimes(lockout, 1, 300_000);
  expect(lockout.isLocked(HERE, "alice", 899_999)).toBe(true);
  expect(lockout.isLocked(HERE, "alice", 900_000)).toBe(false);
});

test("another user of that address, and that user elsewhere, go on", () => {
  const lockout = new Lockout();
  failTimes(lockout, 30, 0);
  expect(lockout.isLocked(HERE, "bob", 1)).toBe(false);
  expect(lockout.isLocked("203.0.113.1", "alice", 1)).toBe(false);
});

test("a flood of forged addresses takes bounded memory and new failures still count", () => {
  const lockout = new Lockout();
  for (let i = 0; i < 50_000; i++) lockout.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, "alice", 0);
  failTimes(lockout, 10, 1);
  expect(lockout.isLocked(HERE, "alice", 2)).toBe(true);
});
