export * from "./admit.ts";
export * from "./directory.ts";
export * from "./route.ts";
export * from "./screen.ts";
