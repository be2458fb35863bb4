/** The whole public surface of the SIP stack. */
export { makeSipEndpoint } from "./io/driver.ts";
export type { RunningSipEndpoint, SipEndpointOptions, TracedMessage } from "./io/options.ts";
export type { OpenTransport, SipTransport, TransportSink } from "./io/transport.ts";
export type * from "./ua/types.ts";
