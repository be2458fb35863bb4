import { expect, test } from "vitest";
import { countTests } from "./vitest.ts";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((outcome, i) => ({ status: outcome, fullName: `test ${i}` })),
});

const unheard = (): void => undefined;

test("passed, failed and skipped tests are counted over all files, todo as skipped", () => {
  const report = {
    testResults: [file("passed", "passed", "passed", "skipped"), file("failed", "passed", "failed", "todo")],
  };
  expect(countTests(report, unheard)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

test("a file that could not be loaded is a failure though it holds no test", () => {
  const said: string[] = [];
  const report = { testResults: [file("failed")] };
  expect(countTests(report, (line) => said.push(line))).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(said).toEqual(["a.test.ts: did not run: "]);
});

test("a file whose set-up failed is a failure though its tests were only skipped", () => {
  const report = { testResults: [file("failed", "skipped")] };
  expect(countTests(report, unheard)).toEqual({ passed: 0, failed: 1, skipped: 1 });
});
