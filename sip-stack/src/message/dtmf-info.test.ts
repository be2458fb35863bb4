import { expect, test } from "vitest";
import { makeDtmfInfo, readDtmfInfo } from "./dtmf-info.ts";

test.each([
  ["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5", 160],
  ["application/dtmf-relay", "Signal= #\nDuration= 250", "#", 250],
  ["Application/DTMF-Relay; charset=utf-8", "signal=11\r\n", "#", undefined],
  ["application/dtmf-relay", "Signal=10", "*", undefined],
  ["application/dtmf-relay", "Signal=d\r\nDuration=99999999", "D", undefined],
  ["application/dtmf", "7", "7", undefined],
  ["application/dtmf", " 12 \r\n", "A", undefined],
  ["application/dtmf", "Signal=3\r\nDuration=100", "3", 100],
])("%s %j says %s", (contentType, body, digit, durationMs) => {
  expect(readDtmfInfo(contentType, body)).toEqual({ digit, durationMs });
});

test.each([
  ["application/dtmf-relay", "Duration=160"],
  ["application/dtmf-relay", "Signal=16"],
  ["application/dtmf-relay", "Signal=55"],
  ["application/dtmf", ""],
  ["application/dtmf", "5".repeat(10_000)],
  ["application/media_control+xml", "Signal=5"],
])("%s %j says none", (contentType, body) => {
  expect(readDtmfInfo(contentType, body.slice(0, 20_000))).toBeUndefined();
});

test("what we write we read", () => {
  for (const digit of "0123456789*#ABCD") {
    const { contentType, body } = makeDtmfInfo(digit, 160.4);
    expect(readDtmfInfo(contentType, body)).toEqual({ digit, durationMs: 160 });
  }
});
