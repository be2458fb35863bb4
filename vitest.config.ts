import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{sip-stack,media-engine,api,scripts}/**/*.test.ts", "packages/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/interop/**"],
    testTimeout: 20_000,
    // A few use real sockets, threads and files, which a busy machine can make late; nowhere else is a second try given.
    retry: process.env.CI === undefined ? 0 : 1,
  },
});
