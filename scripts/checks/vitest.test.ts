import { expect, test } from "vitest";
import { countTests } from "./vitest.ts";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((outcome, i) => ({ status: outcome, fullName: `test ${i}` })),
});

test("passed, failed and skipped tests are counted over all files, todo as skipped", () => {
  const report = {
    testResults: [file("passed", "passed", "passed", "skipped"), file("failed", "passed", "failed", "todo")],
  };
  expect(countTests(report)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

test("a file that could not be loaded is a failure though it holds no test", () => {
  expect(countTests({ testResults: [file("failed")] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("a file whose set-up failed is a failure though its tests were only skipped", () => {
  expect(countTests({ testResults: [file("failed", "skipped")] })).toEqual({ passed: 0, failed: 1, skipped: 1 });
});
