/**
 * What the rest of voepy sees of media: legs, bridges, prompts, recordings; commands down, events up.
 * No SIP, no SDP, no HTTP. Audio never crosses to the caller's thread.
 */
export type MediaLegId = string;

export type MediaCodecName = "PCMU" | "PCMA" | "G722" | "OPUS" | "L16";

/** What a leg sends and expects, after SDP. Setting it again re-opens latching (a re-INVITE may move the peer). */
export interface PortParams {
  readonly codec: MediaCodecName;
  readonly txPayloadType: number;
  readonly rxPayloadType: number;
  readonly rtpClockHz: number;
  readonly channels: number;
  readonly fmtp: string;
  /** Further codecs the far end may send at any time, since we said that we take them. */
  readonly alsoReceives?:
    | readonly { readonly codec: MediaCodecName; readonly rxPayloadType: number; readonly rtpClockHz: number }[]
    | undefined;
  /** Packet time we send, ms: 10–60. */
  readonly ptimeMs: number;
  readonly telephoneEvent:
    | { readonly txPayloadType: number; readonly rxPayloadType: number; readonly clockRateHz: number }
    | undefined;
  readonly remote: { readonly address: string; readonly udpPort: number };
  readonly maySend: boolean;
  readonly mayReceive: boolean;
  /** Undefined: plain RTP. Both ways encrypted with one suite, each with its own key. */
  readonly srtp?: SrtpParams | undefined;
  /**
   * Undefined: no RTCP. `mux`: both agreed to it on the port of RTP (RFC 5761); otherwise it goes to the far end's
   * `remoteUdpPort` (RFC 3605), by default the one above that of RTP, and comes to the one above ours.
   */
  readonly rtcp?: { readonly mux: boolean; readonly remoteUdpPort: number | undefined } | undefined;
}

/** RFC 4568 §6.2, RFC 6188. */
export type SrtpSuite = "AES_CM_128_HMAC_SHA1_80" | "AES_CM_128_HMAC_SHA1_32" | "AES_256_CM_HMAC_SHA1_80";

/** Keys are master key and master salt in one: 30 bytes, 46 of AES-256. They are secret: nothing logs or describes them. */
export interface SrtpParams {
  readonly suite: SrtpSuite;
  readonly txKey: Uint8Array;
  readonly rxKey: Uint8Array;
}

/** One prompt of a port's queue. */
export interface PlayoutRequest {
  /** voepy_play_…, comes back in events. */
  readonly prompt: string;
  readonly source: /** `key` of a prepared prompt. */
  { readonly type: "audio"; readonly key: string } | { readonly type: "tone"; readonly tone: ToneSpec };
  /** 1–100, 0: endless. */
  readonly loop: number;
}

/** What plays now (or comes next), the whole queue, or one prompt wherever it stands in it. */
export type PlayoutStop = "current" | "all" | { readonly prompt: string };

/** Segments played one after the other, over again when `repeat`. Levels in dBm0 per frequency. */
export interface ToneSpec {
  readonly segments: readonly {
    readonly frequenciesHz: readonly number[];
    readonly levelDbm0: number;
    readonly durationMs: number;
  }[];
  readonly repeat: boolean;
}

export interface RecordingRequest {
  /** voepy_rec_… */
  readonly recording: string;
  /** Absolute path of the final file; its folder exists. A `.part` beside it holds audio while it happens. */
  readonly path: string;
  readonly format: "wav" | "mp3";
  /** dual: left what the leg says (rx), right what it hears (tx). single: both mixed. */
  readonly channels: "single" | "dual";
  readonly maxMs?: number | undefined;
}

/** The shape of audio on a fork's connection. */
export interface ForkFormat {
  readonly codec: MediaCodecName;
  readonly sampleRateHz: number;
  /** Of L16 only. */
  readonly l16ByteOrder: "le" | "be";
}

/** What a fork's first words tell of the call; ids as its protocol writes them. */
export interface ForkFacts {
  readonly streamId: string;
  readonly callId: string;
  readonly sessionId: string;
  readonly accountId: string;
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
  readonly clientState: string | null;
  readonly customParameters: Readonly<Record<string, string>>;
}

/** A leg's audio to a WebSocket, and back when `talkback` is given. */
export interface ForkRequest {
  /** voepy_strm_…, comes back in events. */
  readonly stream: string;
  /** ws or wss; its address is judged again when it is connected to. */
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly protocol: "telnyx" | "twilio" | "jambonz" | "raw";
  /** rx: what the leg's party says; tx: what it hears. */
  readonly tracks: "rx" | "tx" | "both";
  readonly format: ForkFormat;
  /**
   * What the peer sends is heard by the leg's party (`self`), by those it is bridged with (`opposite`) or by both. `mp3`:
   * whole files instead of payloads.
   */
  readonly talkback:
    | {
        readonly mode: "rtp" | "mp3";
        readonly format: ForkFormat;
        readonly target: "self" | "opposite" | "both";
      }
    | undefined;
  readonly authToken: string | undefined;
  readonly facts: ForkFacts;
}

export interface ForkFigures {
  readonly framesSent: number;
  /** Media the peer was too slow for. */
  readonly framesDropped: number;
  /** What the peer has sent and nobody has heard yet. */
  readonly queueMs: number;
}

export interface LegStats {
  readonly rxPackets: number;
  readonly rxBytes: number;
  readonly rxLost: number;
  readonly rxDiscarded: number;
  /** RFC 3550 §6.4.1, ms. */
  readonly rxJitterMs: number;
  /** Mean opinion score 1–4.5 by the E-model (ITU-T G.107), of the whole time; undefined before anything came. */
  readonly rxMos: number | undefined;
  readonly txPackets: number;
  readonly txBytes: number;
  /** What the far end reports of what we send; undefined until it has. */
  readonly txLost: number | undefined;
  readonly txJitterMs: number | undefined;
  readonly txMos: number | undefined;
  /** By RTCP (RFC 3550 §6.4.1). */
  readonly roundTripMs: number | undefined;
  /** Packets from an address other than the latched one. */
  readonly rxForeign: number;
  readonly ssrc: number;
  readonly path: "relay" | "frames" | "echo" | "idle";
  /** The audio path in one line, as `describe()` tells it. */
  readonly describe: string;
}

/**
 * What can be wrong with a leg's media. no_rtp: nothing has ever come. one_way: it came and stopped while we go on sending, or
 * the far end reports that it hears nothing of us. low_mos: under 3.0 in the last seconds, either way. wrong_source: somebody
 * else sends to our port.
 */
export type MediaWarning = "no_rtp" | "one_way" | "low_mos" | "wrong_source";

export type MediaEvent =
  /** One event a key press, told when the first packet of it arrives; `durationMs` is what that packet says. */
  | { readonly type: "digit"; readonly leg: MediaLegId; readonly digit: string; readonly durationMs: number }
  | { readonly type: "playoutStarted"; readonly leg: MediaLegId; readonly prompt: string }
  | {
      readonly type: "playoutEnded";
      readonly leg: MediaLegId;
      readonly prompt: string;
      readonly reason: "completed" | "cancelled" | "failed" | "closed";
      readonly error?: string | undefined;
    }
  | { readonly type: "digitsSent"; readonly leg: MediaLegId }
  | {
      readonly type: "recordingClosed";
      readonly recording: string;
      readonly durationMs: number;
      readonly sizeBytes: number;
      readonly reason: "stopped" | "maxLength" | "legClosed";
    }
  | { readonly type: "recordingFailed"; readonly recording: string; readonly error: string }
  /** The connection is up and has been told of the call; told once, also when it is made again. */
  | { readonly type: "forkStarted"; readonly leg: MediaLegId; readonly stream: string }
  | {
      readonly type: "forkStopped";
      readonly leg: MediaLegId;
      readonly stream: string;
      readonly reason: "stopped" | "legClosed" | "peerClosed";
      /** RFC 6455 §7.4, when the peer closed. */
      readonly closeCode?: number | undefined;
      readonly figures: ForkFigures;
    }
  /** It could not be connected, or was lost and could not be connected again. */
  | {
      readonly type: "forkFailed";
      readonly leg: MediaLegId;
      readonly stream: string;
      readonly error: string;
      readonly figures: ForkFigures;
    }
  /** First RTP from the far end (again after `setParams` moved it). */
  | { readonly type: "rtpStarted"; readonly leg: MediaLegId }
  /** Nothing received for `silentMs`; told once per silence. */
  | { readonly type: "rtpSilent"; readonly leg: MediaLegId; readonly silentMs: number }
  /** Told again every few seconds while it lasts. */
  | { readonly type: "mediaWarning"; readonly leg: MediaLegId; readonly reason: MediaWarning; readonly stats: LegStats }
  /** A media worker died: these legs are gone. */
  | { readonly type: "workerLost"; readonly legs: readonly MediaLegId[] };

export interface MediaLeg {
  readonly id: MediaLegId;
  /** Bound address (0.0.0.0 possible) and even port (RFC 3550 §11). */
  readonly udpPort: number;
  setParams(params: PortParams): void;
  /** Sends back what comes in, at once (relay to itself). */
  setEcho(on: boolean): void;
  /** What the far end says is heard by nobody and not recorded. */
  setMuted(on: boolean): void;
  play(request: PlayoutRequest): void;
  stopPlayout(which: PlayoutStop): void;
  startRecording(request: RecordingRequest): void;
  /** A pause is silence in the file. */
  setRecordingPaused(recording: string, on: boolean): void;
  stopRecording(recording: string): void;
  /** Ends in one `forkStopped` or `forkFailed`, at the latest when the leg is closed. */
  startFork(request: ForkRequest): void;
  stopFork(stream: string): void;
  /** Undefined for a fork that is over. */
  forkFigures(stream: string): ForkFigures | undefined;
  /** `0-9A-D*#`, `w` 500 ms, `W` 1 s. RFC 4733, or a tone when none was negotiated. */
  sendDigits(digits: string, durationMs: number): void;
  stats(): Promise<LegStats>;
  /** Closes the socket, ends playouts (`closed`) and recordings (`legClosed`). Resolves with the last figures. */
  close(): Promise<LegStats>;
}

export interface PreparedPrompt {
  readonly key: string;
  readonly durationMs: number;
}

export interface MediaPool {
  /**
   * Opens a leg on the least loaded worker, or beside `near`.
   * Throws CodedError `upstream_error` when no port of the range can be bound, naming the range.
   */
  openLeg(options: {
    leg: MediaLegId;
    near?: MediaLegId | undefined;
    bindAddress?: string | undefined;
  }): Promise<MediaLeg>;
  /** Members hear each other minus themselves. Calling it again replaces the member list. */
  setBridge(bridge: string, members: readonly MediaLegId[]): void;
  closeBridge(bridge: string): void;
  /**
   * Decodes `bytes` (WAV by us, anything else by ffmpeg) once, for all calls that play `key`.
   * Throws CodedError `media_unreachable` naming what could not be decoded.
   */
  preparePrompt(key: string, bytes: Uint8Array): Promise<PreparedPrompt>;
  hasPrompt(key: string): boolean;
  onEvent(listener: (event: MediaEvent) => void): void;
  /** Sockets, legs, bridges, recorders open; packets, drops by name; tick debt. */
  counters(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/**
 * Mends `path` + `.part` left by a crash into the finished file, in the format of its name.
 * Resolves undefined when there is no audio to save.
 */
export type RepairRecording = (request: {
  path: string;
  format: "wav" | "mp3";
}) => Promise<{ durationMs: number; sizeBytes: number } | undefined>;
