/** The whole public surface of the SIP stack. */

export type { AnswerOptions, DigestTries } from "./digest/client.ts";
export { answerChallenge, noTries } from "./digest/client.ts";
export { makeSipEndpoint } from "./io/driver.ts";
export type { RunningSipEndpoint, SipEndpointOptions, TracedMessage } from "./io/options.ts";
export type { OpenTransport, SipTransport, TransportSink } from "./io/transport.ts";
export { makeAck, makeCancel, makeResponse, textBody } from "./message/build.ts";
export type { DtmfInfo } from "./message/dtmf-info.ts";
export { makeDtmfInfo, readDtmfInfo } from "./message/dtmf-info.ts";
export { prepend, replace, withHeader, without } from "./message/edit.ts";
export type { Framed } from "./message/framer.ts";
export { PONG, StreamFramer } from "./message/framer.ts";
export type { Header, ParseResult, SipMessage, SipRequest, SipResponse } from "./message/message.ts";
export { headerOf, headersOf } from "./message/message.ts";
export type { NameAddr } from "./message/name-addr.ts";
export { parseNameAddr, printNameAddr, tagOf, withTag } from "./message/name-addr.ts";
export type { Param } from "./message/params.ts";
export { paramOf } from "./message/params.ts";
export { parseMessage } from "./message/parse.ts";
export { reasonPhrase } from "./message/reason.ts";
export type { ReasonFacts } from "./message/reasons.ts";
export type { RedirectTarget } from "./message/redirect.ts";
export type { ReferTo } from "./message/refer-to.ts";
export { parseReferTo, printReferTo } from "./message/refer-to.ts";
export type { Replaced } from "./message/replaces.ts";
export { parseReplaces, printReplaces } from "./message/replaces.ts";
export { serialise } from "./message/serialise.ts";
export type { SipUri, TelUri, Uri } from "./message/uri.ts";
export { escapeUser, parseUri, printUri, sameUri, unescapeUser } from "./message/uri.ts";
export { cseqOf, q850Of, retryAfterOf, tokensOf } from "./message/values.ts";
export type { Via } from "./message/via.ts";
export { branchOf, MAGIC_COOKIE, parseVia, printVia } from "./message/via.ts";
export type {
  AnswerResult,
  AudioCapabilities,
  CodecName,
  Direction,
  NegotiatedAudio,
  ReadResult,
  SrtpKeys,
  SrtpSuite,
} from "./sdp/audio.ts";
export { makeSrtpKeys } from "./sdp/crypto.ts";
export { answerOffer, makeOffer, readAnswer } from "./sdp/offer-answer.ts";
export { isInside } from "./ua/hop.ts";
export type * from "./ua/types.ts";
