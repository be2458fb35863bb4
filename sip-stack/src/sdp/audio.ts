/** What SDP offer/answer (RFC 3264) says of one audio stream, in plain data. No text of SDP leaves this folder. */
export type CodecName = "PCMU" | "PCMA" | "G722" | "OPUS" | "L16";
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** RFC 4568 §6.2, RFC 6188. */
export type SrtpSuite = "AES_CM_128_HMAC_SHA1_80" | "AES_CM_128_HMAC_SHA1_32" | "AES_256_CM_HMAC_SHA1_80";

/** Our master key and salt for each suite, base64: secrets, never to be logged. */
export type SrtpKeys = Readonly<Record<SrtpSuite, string>>;

/** What our side can do and where it listens, for an offer or an answer. */
export interface AudioCapabilities {
  /** In order of preference. */
  readonly codecs: readonly CodecName[];
  readonly address: string;
  readonly udpPort: number;
  /** Ours: `sendonly` puts the peer on hold. */
  readonly direction: Direction;
  readonly ptimeMs: number;
  readonly telephoneEvent: boolean;
  /** `o=` session id and version: the id stays, the version rises by one with every changed description. */
  /** RTCP on the port of RTP (RFC 5761), if the peer wants it too. */
  readonly rtcpMux?: boolean | undefined;
  /**
   * Undefined: plain RTP only. `accept`: plain RTP is offered, encrypted RTP taken where it is offered. `require`: nothing
   * but encrypted RTP.
   */
  readonly srtp?: { readonly policy: "accept" | "require"; readonly keys: SrtpKeys } | undefined;
  readonly sessionId: string;
  readonly sessionVersion: number;
}

/** The result, seen from us. */
export interface NegotiatedAudio {
  readonly codec: CodecName;
  /** What we put into packets we send: the peer's number. */
  readonly txPayloadType: number;
  /** What the peer puts into packets for us: our number. */
  readonly rxPayloadType: number;
  /** RTP clock, Hz. G722 says 8000 (RFC 3551 §4.5.2). */
  readonly clockRateHz: number;
  readonly channels: number;
  /** The peer's fmtp of that codec, empty when none. */
  readonly fmtp: string;
  /**
   * Further codecs of our offer that the peer's answer takes: it may send any of them at any time (RFC 3264 §7).
   * Undefined for none.
   */
  readonly alsoReceives?:
    | readonly { readonly codec: CodecName; readonly rxPayloadType: number; readonly clockRateHz: number }[]
    | undefined;
  readonly telephoneEvent:
    | { readonly txPayloadType: number; readonly rxPayloadType: number; readonly clockRateHz: number }
    | undefined;
  /** What the peer wants to receive, ms. */
  readonly ptimeMs: number;
  /** Ours. `0.0.0.0` in `c=` reads as the peer's hold (RFC 3264 §8.4): we may not send. */
  readonly direction: Direction;
  /** `rtcpPort`: where RTCP goes without `rtcpMux`, when the peer named it (RFC 3605). */
  readonly remote: { readonly address: string; readonly udpPort: number; readonly rtcpPort: number | undefined };
  readonly rtcpMux: boolean;
  /** Both master keys with their salts, base64; undefined: plain RTP. */
  readonly srtp: { readonly suite: SrtpSuite; readonly txKey: string; readonly rxKey: string } | undefined;
}

export type AnswerResult =
  | { readonly ok: true; readonly sdp: string; readonly audio: NegotiatedAudio }
  /** 488 with no common codec or unusable media, 400 for SDP that cannot be read. */
  | { readonly ok: false; readonly status: 400 | 488; readonly problem: string };

export type ReadResult =
  | { readonly ok: true; readonly audio: NegotiatedAudio }
  | { readonly ok: false; readonly problem: string };
