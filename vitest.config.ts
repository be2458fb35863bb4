import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{sip-stack,media-engine,api,scripts}/**/*.test.ts", "packages/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/interop/**"],
    testTimeout: 20_000,
  },
});
