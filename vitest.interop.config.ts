import { defineConfig } from "vitest/config";

/** Tests against foreign programs and whole processes: real sockets on loopback, one file at a time. */
// oxlint-disable-next-line import/no-default-export -- vitest reads the default export
export default defineConfig({
  test: {
    include: ["packages/server/test/interop/**/*.interop.ts"],
    fileParallelism: false,
    // Foreign programs on a machine that may be busy: what fails twice is wrong.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
