export { ConfigError, parseConfig } from "./config.ts";
export type { Config } from "./config-schema.ts";
export { type Outside, realOutside } from "./outside.ts";
export { loadConfig, runServer } from "./run.ts";
export { type Server, startServer } from "./wire.ts";
