/**
 * One fork: a tap's ring on one side, a WebSocket on the other, talkback between them. It connects, connects again after a loss,
 * and ends once. Owns no timer: `Forks` steps it every few milliseconds.
 */
import type { Codec } from "../codec/codec.ts";
import { allCodecs } from "../codec/codec.ts";
import { Side, TAP_END_REASONS } from "../nodes/recorder-tap.ts";
import { type RecordHead, RecordKind, RingReader } from "../nodes/ring.ts";
import type { ForkFigures, ForkFormat, ForkRequest } from "../types.ts";
import { FiguresWriter, readFigures } from "./figures.ts";
import { FRAME_MS } from "./frame-coder.ts";
import { Outbox } from "./outbox.ts";
import {
  type ForkFault,
  type ForkInput,
  type ForkProtocol,
  makeProtocol,
  type TrackName,
  upgradeOf,
} from "./protocol.ts";
import type { ConnectFork, ForkClosing, ForkMessage, ForkSocket } from "./socket.ts";
import { type DecodeFile, type Mark, Talkback } from "./talkback.ts";
import { TalkbackWriter } from "./talkback-ring.ts";
import { ForkTrack } from "./track.ts";

/** Waits before further tries, ms: three in five seconds. */
const RETRY_MS = [500, 1500, 3000];
/** A connection that held so long may be lost again without using up the tries, ms. */
const STEADY_MS = 10_000;
/** Complaints to the peer are no more than one in this time, ms. */
const FAULT_EVERY_MS = 1000;
/** Of a mark, which is kept until its audio was heard. */
const NAME_CHARS = 1024;
/** RFC 6455 §7.1.5: no close frame was received. */
const LOST = 1006;

/** Shared memory of one fork. */
export interface ForkMemory {
  readonly ring: SharedArrayBuffer;
  readonly talkback: SharedArrayBuffer | undefined;
  readonly figures: SharedArrayBuffer;
}

export type ForkEvent =
  | { readonly type: "started"; readonly stream: string }
  | {
      readonly type: "stopped";
      readonly stream: string;
      readonly reason: "stopped" | "legClosed" | "peerClosed";
      readonly closeCode?: number | undefined;
      readonly figures: ForkFigures;
    }
  | { readonly type: "failed"; readonly stream: string; readonly error: string; readonly figures: ForkFigures };

export interface ForkSurroundings {
  readonly connect: ConnectFork;
  readonly decodeFile: DecodeFile;
  /** Of the same clock as the ring's records. */
  nowMs(): number;
  wallMs(): number;
  report(event: ForkEvent): void;
}

/** All that belongs to one connection. */
interface Link {
  readonly socket: ForkSocket;
  isOpen: boolean;
  openedMs: number;
  readonly protocol: ForkProtocol;
  readonly outbox: Outbox;
  tracks: { readonly rx: ForkTrack | undefined; readonly tx: ForkTrack | undefined };
}

export class Fork {
  readonly request: ForkRequest;
  isOver = false;
  readonly #memory: ForkMemory;
  readonly #around: ForkSurroundings;
  readonly #ring: RingReader;
  readonly #figures: FiguresWriter;
  readonly #talkback: Talkback | undefined;
  readonly #codecs: readonly Codec[] = allCodecs();
  #link: Link | undefined;
  #tries = 0;
  #retryMs = Number.POSITIVE_INFINITY;
  #hasStarted = false;
  #lastFaultMs = Number.NEGATIVE_INFINITY;

  /** Throws for a codec this machine does not have. */
  constructor(request: ForkRequest, memory: ForkMemory, around: ForkSurroundings) {
    this.request = request;
    this.#memory = memory;
    this.#around = around;
    this.#ring = new RingReader(memory.ring);
    this.#figures = new FiguresWriter(memory.figures);
    if (memory.talkback !== undefined) {
      const onBadFile = (): void => this.#complain("invalid_media", "this audio cannot be decoded, or is too long");
      this.#talkback = new Talkback(new TalkbackWriter(memory.talkback), around.decodeFile, onBadFile);
    }
    this.#connect();
  }

  /** Every few milliseconds. Never throws. */
  step(nowMs: number): void {
    if (this.isOver) return;
    if (nowMs >= this.#retryMs) this.#connect();
    // Asked first: what is written before the end is told is then surely read.
    const reason = TAP_END_REASONS[this.#ring.endReason];
    this.#ring.read((head, bytes, offset, size) => this.#take(head, bytes, offset, size));
    if (reason === "stopped" || reason === "legClosed") return this.stop(reason);
    const link = this.#link;
    if (link?.isOpen !== true) return;
    link.tracks.rx?.step(nowMs);
    link.tracks.tx?.step(nowMs);
    this.#stepTalkback(nowMs);
    link.outbox.pump();
  }

  /** Says goodbye to the peer. */
  stop(reason: "stopped" | "legClosed"): void {
    if (this.isOver) return;
    const link = this.#link;
    if (link?.isOpen === true) {
      link.outbox.pump();
      const words = link.protocol.stop();
      if (words !== undefined) link.socket.send(words);
    }
    this.#end({ type: "stopped", stream: this.request.stream, reason, figures: this.#readFigures() });
  }

  digit(digit: string, durationMs: number): void {
    const link = this.#link;
    if (link?.isOpen === true) link.outbox.say(link.protocol.digit(digit, durationMs, this.#around.wallMs()));
  }

  #connect(): void {
    this.#tries++;
    this.#retryMs = Number.POSITIVE_INFINITY;
    const { request } = this;
    const target = { url: request.url, allowPrivate: request.allowPrivate, ...upgradeOf(request) };
    const socket = this.#around.connect(target, {
      onOpen: () => this.#onOpen(link),
      onMessage: (message) => this.#onMessage(link, message),
      onClosed: (closing) => this.#onClosed(link, closing),
    });
    const link: Link = {
      socket,
      isOpen: false,
      openedMs: 0,
      protocol: makeProtocol(request),
      outbox: new Outbox(socket, this.#figures, request.tracks === "both" ? 2 : 1),
      tracks: { rx: undefined, tx: undefined },
    };
    this.#link = link;
  }

  #onOpen(link: Link): void {
    if (this.isOver || link !== this.#link) return;
    const nowMs = this.#around.nowMs();
    for (const words of link.protocol.opening()) link.socket.send(words);
    link.isOpen = true;
    link.openedMs = nowMs;
    const { tracks } = this.request;
    link.tracks = {
      rx: tracks === "tx" ? undefined : this.#makeTrack(link, "rx", nowMs),
      tx: tracks === "rx" ? undefined : this.#makeTrack(link, "tx", nowMs),
    };
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#around.report({ type: "started", stream: this.request.stream });
  }

  #makeTrack(link: Link, track: TrackName, nowMs: number): ForkTrack {
    let chunk = 0;
    return new ForkTrack(this.request.format, nowMs, (payload) => {
      chunk++;
      link.outbox.media(() => link.protocol.media({ track, chunk, timestampMs: (chunk - 1) * FRAME_MS, payload }));
    });
  }

  #onMessage(link: Link, message: ForkMessage): void {
    if (this.isOver || link !== this.#link) return;
    for (const input of link.protocol.read(message)) this.#obey(input);
    this.#stepTalkback(this.#around.nowMs());
  }

  #obey(input: ForkInput): void {
    const talkback = this.#talkback;
    switch (input.type) {
      case "fault":
        return this.#complain(input.fault, input.detail);
      case "hangUp":
        return this.#end({
          type: "stopped",
          stream: this.request.stream,
          reason: "peerClosed",
          figures: this.#readFigures(),
        });
      case "clear":
        return this.#giveBack(talkback?.clear() ?? [], true);
      case "clearMarks":
        return this.#giveBack(talkback?.clearMarks() ?? [], true);
      case "mark":
        if (input.mark.name.length > NAME_CHARS) this.#complain("malformed_frame", "the name of a mark is too long");
        else if (talkback === undefined) this.#giveBack([input.mark], false);
        else if (!talkback.mark(input.mark)) this.#complain("rate_limit_reached", "too many marks are waiting");
        return;
      default:
        if (talkback !== undefined) this.#hear(talkback, input);
    }
  }

  #hear(talkback: Talkback, input: Extract<ForkInput, { type: "audio" | "file" }>): void {
    const wish = this.request.talkback;
    if (wish === undefined) return;
    const nowMs = this.#around.nowMs();
    const isTaken =
      input.type === "file" || wish.mode === "mp3"
        ? talkback.file(input.bytes, nowMs)
        : talkback.audio(input.bytes, atRate(wish.format, input.rateHz), nowMs);
    if (!isTaken) this.#complain("rate_limit_reached", "more audio is waiting than is kept");
  }

  #stepTalkback(nowMs: number): void {
    const talkback = this.#talkback;
    if (talkback === undefined || this.isOver) return;
    this.#giveBack(talkback.step(nowMs), false);
    this.#figures.setQueueMs(talkback.queuedMs);
  }

  #giveBack(marks: readonly Mark[], isCleared: boolean): void {
    const link = this.#link;
    if (link?.isOpen !== true) return;
    for (const mark of marks) link.outbox.say(link.protocol.mark(mark, isCleared));
  }

  #complain(fault: ForkFault, detail: string): void {
    const link = this.#link;
    const nowMs = this.#around.nowMs();
    if (link?.isOpen !== true || nowMs - this.#lastFaultMs < FAULT_EVERY_MS) return;
    this.#lastFaultMs = nowMs;
    link.outbox.say(link.protocol.fault(fault, detail));
  }

  #onClosed(link: Link, { code, reason }: ForkClosing): void {
    if (this.isOver || link !== this.#link) return;
    this.#link = undefined;
    this.#talkback?.clear();
    const { stream } = this.request;
    if (link.isOpen && code !== LOST) {
      this.#end({ type: "stopped", stream, reason: "peerClosed", closeCode: code, figures: this.#readFigures() });
      return;
    }
    const nowMs = this.#around.nowMs();
    if (link.isOpen && nowMs - link.openedMs >= STEADY_MS) this.#tries = 0;
    const waitMs = RETRY_MS[Math.max(0, this.#tries - 1)];
    if (waitMs !== undefined) this.#retryMs = nowMs + waitMs;
    else this.#end({ type: "failed", stream, error: reason, figures: this.#readFigures() });
  }

  #take(head: Readonly<RecordHead>, bytes: Uint8Array, offset: number, size: number): void {
    const link = this.#link;
    const codec = this.#codecs[head.codec];
    if (head.kind !== RecordKind.packet || link?.isOpen !== true || codec === undefined) return;
    const track = head.side === Side.rx ? link.tracks.rx : link.tracks.tx;
    const { ssrc, rtpTimestamp, atMs } = head;
    track?.take({ codec, ssrc, rtpTimestamp, atMs, bytes, offset, size });
  }

  #readFigures(): ForkFigures {
    return readFigures(this.#memory.figures);
  }

  #end(event: ForkEvent): void {
    this.isOver = true;
    this.#talkback?.clear();
    this.#figures.setQueueMs(0);
    this.#link?.socket.close();
    this.#link = undefined;
    this.#around.report(event);
  }
}

const rates = new WeakMap<ForkFormat, Map<number, ForkFormat>>();

/** The same format at another rate; the same object for the same rate, which decoders are kept by. */
function atRate(format: ForkFormat, rateHz: number | undefined): ForkFormat {
  if (rateHz === undefined || rateHz === format.sampleRateHz) return format;
  const known = rates.get(format) ?? new Map<number, ForkFormat>();
  rates.set(format, known);
  const made = known.get(rateHz) ?? { ...format, sampleRateHz: rateHz };
  known.set(rateHz, made);
  return made;
}
