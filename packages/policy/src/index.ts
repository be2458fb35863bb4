export * from "./admit.ts";
export * from "./directory.ts";
export * from "./failover.ts";
export * from "./number-format.ts";
export * from "./route.ts";
export * from "./route-options.ts";
export * from "./screen.ts";
