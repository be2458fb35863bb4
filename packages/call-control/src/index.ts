export { MOST_PARTICIPANTS } from "./bridge/conference.ts";
export { type CallInput, callMachine } from "./call/call-machine.ts";
export type { ConferenceAction, Conferences } from "./conferences.ts";
export { makeCallControl, type RunningCallControl } from "./control.ts";
export { type EventType } from "./events.ts";
export { recoverAfterCrash } from "./recover.ts";
export type { RouteState } from "./routes/route-state.ts";
export { type DialBody, dialSchema } from "./schema/dial.ts";
export { speakFields } from "./schema/speech.ts";
export { streamFields, streamWish } from "./schema/stream.ts";
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
export { addressBytes, asIpv6 } from "./trace/ip-bytes.ts";
export { maskSecrets } from "./trace/mask.ts";
export { makePcap, PCAP_MEDIA_TYPE } from "./trace/pcap.ts";
export { serializeTrace } from "./trace/serialize.ts";
export { type CallTrace, TRACE_LIMITS, Traces } from "./trace/traces.ts";
export { verbs } from "./verbs/index.ts";
export type { CallControlOptions, CallLimits } from "./world.ts";
