export { endpointOf, wantsEvent } from "./endpoint.ts";
export { type DatabaseState, inspectDatabase } from "./inspect.ts";
export { openStore, type StoreOptions } from "./open-store.ts";
export * from "./records.ts";
export * from "./store.ts";
