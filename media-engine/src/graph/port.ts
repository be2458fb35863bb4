/** A MediaPort: where one leg meets the graph. State and controls; packets are `receive.ts` and `transmit.ts`. */
import type { Random } from "@voepy/base";
import {
  destinationOf,
  makeDestination,
  type RtpDestination,
  type RtpEndpoint,
  type RtpSocket,
  sameEndpoint,
} from "../io/rtp-io.ts";
import { makeAudioReceiver, type PulledFrame } from "../jitter/audio-receiver.ts";
import { makePlayout, OWN_RATE_HZ, type Playout, type PlayoutReport } from "../nodes/playout.ts";
import { type RecorderTap, recordingRateHz } from "../nodes/recorder-tap.ts";
import { RtcpSession } from "../rtcp/rtcp-session.ts";
import { Latch } from "../rtp/latch.ts";
import { RxStream } from "../rtp/rx-stream.ts";
import type { TxState } from "../rtp/tx-stream.ts";
import { SrtpSession } from "../srtp/srtp-session.ts";
import type { LegStats, MediaEvent, MediaLegId, PortParams } from "../types.ts";
import type { Bridge } from "./bridge.ts";
import { figuresOf } from "./figures.ts";
import { makePortAudio, type PortAudio, sameAudio } from "./port-audio.ts";
import { type ReceivedFormat, receivedFormats } from "./received-format.ts";
import { Talkbacks } from "./talkbacks.ts";

/** RTP clock before a codec is agreed. */
const DEFAULT_CLOCK_HZ = 8000;

export interface PortOptions {
  readonly id: MediaLegId;
  readonly socket: RtpSocket;
  readonly udpPort: number;
  readonly address: string;
}

/** A recording of this port. */
export interface PortTap {
  readonly recording: string;
  readonly ring: SharedArrayBuffer;
  readonly startMs: number;
  readonly tap: RecorderTap;
  isPaused: boolean;
}

export class Port {
  readonly id: MediaLegId;
  readonly socket: RtpSocket;
  readonly udpPort: number;
  /** Its sockets are bound to. */
  readonly address: string;
  /** Of RTCP, where the far end does not take it on the port of RTP. */
  rtcpSocket: RtpSocket | undefined;
  /** Where RTCP of its own port comes from. */
  rtcpFrom: RtpDestination | undefined;
  readonly rtcp = new RtcpSession();
  /** Undefined: plain RTP. */
  srtp: SrtpSession | undefined;
  readonly latch = new Latch();
  readonly taps: PortTap[] = [];
  readonly talkbacks = new Talkbacks();
  params: PortParams | undefined;
  audio: PortAudio | undefined;
  /** What the far end speaks now. */
  received: ReceivedFormat | undefined;
  rx: RxStream = new RxStream(DEFAULT_CLOCK_HZ);
  playout: Playout;
  isEcho = false;
  /** Its far end is heard by nobody. */
  isMuted = false;
  bridge: Bridge | undefined;

  /** The path, chosen by `paths.ts`. Whose packets are passed to this port's far end as they come. */
  feed: Port | undefined;
  /** The other end of `feed`. */
  passesTo: Port | undefined;
  /** A byte table for packets of `feed`, when the codecs differ. */
  crossTable: Uint8Array | undefined;
  /** Sends a frame of its own a tick. */
  ticks = false;
  /** Somebody hears this port's frames. */
  isHeard = false;
  slot = -1;
  lastTurn = Number.NEGATIVE_INFINITY;
  pulled: PulledFrame = "silence";
  /** Packets sent ahead of time when the path was changed to relay, and how many ticks to pause for them. */
  aheadPackets = 0;
  holdPackets = 0;
  wasBusy = false;

  rxForeign = 0;
  rxUnfit = 0;
  /** As they stood at the last reports. */
  foreignReported = 0;
  discardedReported = 0;
  /** Packets sent until the last report and until the one before. */
  txReported: readonly [number, number] = [0, 0];
  /** Timestamps of a telephone-event passed on between frames: as it came, as it goes. */
  passedEventIn = -1;
  passedEventOut = 0;

  /** Where silence is counted from, and when it was told. */
  listeningSinceMs = 0;
  silenceToldMs = Number.NEGATIVE_INFINITY;
  #formats: readonly ReceivedFormat[] = [];
  readonly #random: Random;
  readonly #report: (event: MediaEvent) => void;

  constructor(options: PortOptions, random: Random, report: Port["report"]) {
    this.id = options.id;
    this.socket = options.socket;
    this.udpPort = options.udpPort;
    this.address = options.address;
    this.#random = random;
    this.#report = report;
    this.playout = makePlayout(OWN_RATE_HZ, (told) => this.#reportPlayout(told));
  }

  get report(): (event: MediaEvent) => void {
    return this.#report;
  }

  setParams(params: PortParams, nowMs: number): void {
    const previous = this.params;
    this.params = params;
    if (this.audio === undefined || previous === undefined || !sameAudio(previous, params)) this.#makeAudio(params);
    this.#expect(params);
    this.latch.open(makeDestination(params.remote.address, params.remote.udpPort), nowMs);
    this.listeningSinceMs = nowMs;
    this.srtp = params.srtp && new SrtpSession(params.srtp, this.srtp);
    if (params.rtcp !== undefined) this.rtcp.start(nowMs, this.#random);
    for (const { tap } of this.taps) this.nameCodecs(tap);
  }

  /** Before the first `setParams`: goes on with a stream that another thread began. */
  continueFrom(params: PortParams, tx: TxState | undefined): void {
    this.params = params;
    this.audio = makePortAudio(params, this.#random, { tx });
    this.rx = new RxStream(params.rtpClockHz);
  }

  /** RTCP came from `source`: ours goes there (RFC 4961), once the latch trusts its address. */
  learnRtcp(source: RtpEndpoint): void {
    if (this.rtcpFrom === undefined || !sameEndpoint(this.rtcpFrom.endpoint, source))
      this.rtcpFrom = destinationOf(source);
  }

  mayReceiveType(payloadType: number): boolean {
    const formats = this.#formats;
    for (let i = 0; i < formats.length; i++) if (formats[i]!.payloadType === payloadType) return true;
    return false;
  }

  /** From now on packets are of `payloadType`, one of those that may come. Allocates, as rarely as a far end does this. */
  receiveType(payloadType: number): void {
    const format = this.#formats.find((each) => each.payloadType === payloadType);
    const { audio } = this;
    if (format === undefined || audio === undefined) return;
    const { codec } = format;
    if (codec.rtpClockHz !== audio.receiver.rtpClockHz) {
      audio.receiver = makeAudioReceiver(codec, audio.receiver.rateHz);
      this.#countAt(codec.rtpClockHz);
    }
    audio.receiver.accept(payloadType, codec);
    this.received = format;
    for (const { tap } of this.taps) this.nameCodecs(tap);
  }

  /** Has something of its own to send, which relay cannot carry. */
  get isBusy(): boolean {
    const { audio } = this;
    // What a fork's peer says comes without a word before.
    if (!this.playout.isIdle || this.talkbacks.list.length > 0) return true;
    return audio !== undefined && !(audio.tones.isIdle && (audio.digitsOut?.isIdle ?? true));
  }

  /** Throws CodedError `invalid_request` for digits that cannot be sent. */
  sendDigits(digits: string, durationMs: number): void {
    const sender = this.audio?.digitsOut ?? this.audio?.tones;
    sender?.enqueue(digits, durationMs);
  }

  nameCodecs(tap: RecorderTap): void {
    if (this.audio !== undefined && this.received !== undefined) tap.setCodecs(this.received.codec, this.audio.codec);
  }

  get recordingRateHz(): number {
    return recordingRateHz(this.audio?.codec);
  }

  get path(): LegStats["path"] {
    if (this.feed !== undefined) return this.feed === this ? "echo" : "relay";
    return this.ticks && (this.isBusy || this.bridge !== undefined) ? "frames" : "idle";
  }

  stats(): LegStats {
    return figuresOf(this);
  }

  /** Both directions in one line. */
  describe(): string {
    const { params, bridge } = this;
    if (params === undefined) return `udp ${this.udpPort} unconnected`;
    const taps = this.taps.map(({ recording }) => ` > [tap ${recording}]`).join("");
    const srtp = params.srtp === undefined ? "" : ` > srtp ${params.srtp.suite}`;
    const hears = bridge === undefined ? "" : ` > ${bridge.id} (${bridge.members.length})`;
    const jitter = this.isHeard ? ` > jitter ${this.audio?.receiver.figures.targetMs ?? 0}ms` : "";
    const rx = `rx: udp ${this.udpPort}${srtp} > pt${params.rxPayloadType} ${params.codec}${taps}${jitter}${hears}`;
    const source = this.feed === undefined ? this.playout.describe() : `${this.path} of ${this.feed.id}`;
    const sealed = params.srtp === undefined ? "" : " > srtp";
    return `${rx} · tx: ${source} > ${params.codec} pt${params.txPayloadType}${sealed} > ${this.latch.describe()}`;
  }

  #makeAudio(params: PortParams): void {
    const { audio } = this;
    const from = audio && { tx: audio.tx.state(), receiver: audio.receiver };
    this.audio = makePortAudio(params, this.#random, from);
    if (this.audio?.receiver !== audio?.receiver) this.#countAt(params.rtpClockHz);
  }

  /** Until a packet of another payload type comes, the far end is taken to speak what it spoke. */
  #expect(params: PortParams): void {
    this.#formats = receivedFormats(params, this.received);
    const { received, audio } = this;
    const isKept =
      received !== undefined &&
      this.#formats.some((format) => format.codec === received.codec && format.payloadType === received.payloadType);
    if (isKept && audio?.receiver.rtpClockHz === received.codec.rtpClockHz) return;
    this.received = this.#formats[0];
  }

  #countAt(rtpClockHz: number): void {
    const rx = new RxStream(rtpClockHz);
    rx.continueFrom(this.rx);
    this.rx = rx;
  }

  #reportPlayout(told: PlayoutReport): void {
    if (told.type === "started") this.#report({ type: "playoutStarted", leg: this.id, prompt: told.prompt });
    else
      this.#report({
        type: "playoutEnded",
        leg: this.id,
        prompt: told.prompt,
        reason: told.reason,
        error: told.error,
      });
  }
}
