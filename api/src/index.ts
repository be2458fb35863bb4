export { type Api, type ApiOptions, makeApi } from "./app.ts";
export { errorStatus } from "./error-status.ts";
export type { Listening } from "./io/listen.ts";
export { type MediaFiles, mediaFolder } from "./io/media-files.ts";
export { type RecordingFiles, recordingFolder } from "./io/recording-files.ts";
export type { Contact, GatewayHealth, LiveState, RegistrationState } from "./live-state.ts";
export type { RateLimit } from "./middleware/rate-limit.ts";
export { mediaLibrary } from "./routes/media.ts";
export type { SandboxCall, SandboxCalls } from "./routes/sandbox.ts";
export {
  inboundAction,
  keyScopes,
  phoneNumberFields,
  quotaFields,
  sipUserFields,
} from "./schema/settings.ts";
export { routeOf, trunkFields, trunkProblems } from "./schema/trunk.ts";
export { makeLinks, type RecordingLinkSigner } from "./sign.ts";
