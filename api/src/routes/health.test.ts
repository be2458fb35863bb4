import { expect, test } from "vitest";
import { prometheusText } from "./health.ts";

test("series of one name stand below one type line, counters known by their ending", () => {
  const text = prometheusText({
    voepy_calls_live: 3,
    'voepy_calls_total{direction="inbound"}': 5,
    'voepy_calls_total{direction="outbound"}': 7,
  });
  expect(text).toBe(
    [
      "# TYPE voepy_calls_live gauge",
      "voepy_calls_live 3",
      "# TYPE voepy_calls_total counter",
      'voepy_calls_total{direction="inbound"} 5',
      'voepy_calls_total{direction="outbound"} 7',
      "",
    ].join("\n"),
  );
});

test("nothing to tell is an empty answer", () => {
  expect(prometheusText({})).toBe("");
});
