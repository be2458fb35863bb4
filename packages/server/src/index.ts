export { ConfigError, parseConfig } from "./config.ts";
export type { Config } from "./config-schema.ts";
export { exampleNumber } from "./declare.ts";
export { examine } from "./doctor/doctor.ts";
export type { Finding, FindingStatus } from "./doctor/finding.ts";
export { createKey } from "./keys.ts";
export { type Outside, realOutside } from "./outside.ts";
export { loadConfig, runServer } from "./run.ts";
export { type Server, startServer } from "./wire.ts";
