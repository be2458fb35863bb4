export { type CallInput, callMachine } from "./call/call-machine.ts";
export { makeCallControl, type RunningCallControl } from "./control.ts";
export { type EventType } from "./events.ts";
export { recoverAfterCrash } from "./recover.ts";
export { type DialBody, dialSchema } from "./schema/dial.ts";
export {
  type Json,
  type JsonObject,
  serializeCall,
  serializeCallRow,
  serializeLeg,
  serializeRecording,
} from "./serialize/call.ts";
export { type RecordingLinks } from "./serialize/links.ts";
export type { CallControl, VerbDescription } from "./services.ts";
export { verbs } from "./verbs/index.ts";
export type { CallControlOptions, CallLimits } from "./world.ts";
