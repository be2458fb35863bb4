import { expect, test } from "vitest";
import { findBreaches, type PackageManifest } from "./check-layers.ts";

const manifests: readonly PackageManifest[] = [
  { folder: "packages/base", name: "@voepy/base", dependencies: [] },
  { folder: "sip-stack", name: "@voepy/sip-stack", dependencies: ["@voepy/base"] },
  { folder: "media-engine", name: "@voepy/media-engine", dependencies: ["@voepy/base", "koffi"] },
  { folder: "api", name: "@voepy/api", dependencies: ["@voepy/base", "hono"] },
  { folder: "packages/testkit", name: "@voepy/testkit", dependencies: ["@voepy/sip-stack"] },
];

const breachesOf = (path: string, text: string): string[] => findBreaches([{ path, text }], manifests);

test("an import of a lower layer by its package name is allowed", () => {
  expect(breachesOf("api/src/app.ts", 'import { isoTime } from "@voepy/base";\nimport { x } from "./x.ts";')).toEqual(
    [],
  );
});

test("two engines of the same layer may not know each other, however the import is laid out", () => {
  const [breach] = breachesOf("sip-stack/src/a.ts", 'import {\n  type MediaPool,\n} from "@voepy/media-engine";');
  expect(breach).toContain("@voepy/media-engine, which is not on a lower layer");
  expect(breachesOf("sip-stack/src/a.ts", 'const m = await import("@voepy/media-engine");')).toHaveLength(1);
  expect(breachesOf("sip-stack/src/a.ts", 'export * from "@voepy/media-engine";')).toHaveLength(1);
});

test("a package is entered through its index, never by path", () => {
  expect(breachesOf("api/src/a.ts", 'import { x } from "@voepy/base/src/clock.ts";')[0]).toContain(
    "only the package's index",
  );
  expect(breachesOf("api/src/a.ts", 'import { x } from "../../packages/base/src/clock.ts";')[0]).toContain("by path");
  expect(breachesOf("api/src/a.ts", 'import { x } from "../../sip-stack-extra/a.ts";')[0]).toContain("by path");
});

test("a manifest may not depend on a layer that is not lower, nor on a package without a layer", () => {
  const upward = { folder: "packages/base", name: "@voepy/base", dependencies: ["@voepy/api"] };
  expect(findBreaches([], [upward, ...manifests.slice(3)])).toEqual([
    "packages/base/package.json: depends on @voepy/api, which is not on a lower layer",
  ]);
  expect(findBreaches([], [{ folder: "packages/new", name: "@voepy/new", dependencies: [] }])[0]).toContain(
    "has no layer",
  );
});

test("modules that touch the machine stay in io, worker and the composition root", () => {
  const dgram = 'import { createSocket } from "node:dgram";';
  expect(breachesOf("sip-stack/src/ua/agent.ts", dgram)).toHaveLength(1);
  expect(breachesOf("sip-stack/src/io/udp.ts", dgram)).toEqual([]);
  expect(breachesOf("media-engine/src/worker/main.ts", 'import koffi from "koffi";')).toEqual([]);
  expect(breachesOf("packages/server/src/main.ts", 'import { readFileSync } from "node:fs";')).toEqual([]);
  expect(breachesOf("sip-stack/src/ua/agent.test.ts", dgram)).toEqual([]);
});

test("the database driver is imported in one file", () => {
  const driver = 'import Database from "better-sqlite3";';
  expect(breachesOf("packages/store/src/db.ts", driver)).toEqual([]);
  expect(breachesOf("packages/store/src/io/other.ts", driver)).toHaveLength(1);
});

test("clocks, timers and randomness are handed in", () => {
  for (const read of [
    "Date.now()",
    "performance.now()",
    "setTimeout(f, 1)",
    "Math.random()",
    "new Date()",
    "randomUUID()",
  ]) {
    expect(breachesOf("sip-stack/src/ua/agent.ts", `const x = ${read};`), read).toHaveLength(1);
    expect(breachesOf("sip-stack/src/io/driver.ts", `const x = ${read};`), read).toEqual([]);
  }
  expect(breachesOf("packages/base/src/clock.ts", "const t = Date.now();")).toEqual([]);
});

test("a time that was handed in may be formatted, and comments may name what code may not use", () => {
  expect(breachesOf("sip-stack/src/a.ts", "const d = new Date(wallMs).toISOString();")).toEqual([]);
  expect(
    breachesOf("sip-stack/src/a.ts", "// never Date.now() here\n/** nor setTimeout(f) */\nconst u = 'http://x';"),
  ).toEqual([]);
});

test("a test may enter its own package by name, code may not", () => {
  expect(breachesOf("api/src/app.test.ts", 'import { makeApi } from "@voepy/api";')).toEqual([]);
  expect(breachesOf("api/src/app.ts", 'import { makeApi } from "@voepy/api";')).toHaveLength(1);
});

test("a test may use the test tools, code may not", () => {
  const text = 'import { makePhone } from "@voepy/testkit";';
  expect(breachesOf("sip-stack/src/ua/agent.test.ts", text)).toEqual([]);
  expect(breachesOf("sip-stack/src/ua/agent.ts", text)).toHaveLength(1);
});
