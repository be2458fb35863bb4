/**
 * All messages between the pool and a media thread: commands down, replies to those with a `request` number, events up.
 * Plain objects; audio is only ever shared memory.
 */
import type { ErrorCode } from "@voepy/base";
import type { TalkbackTarget } from "../graph/talkbacks.ts";
import type { PlayoutItem } from "../nodes/playout.ts";
import type { LatchState } from "../rtp/latch.ts";
import type { TxState } from "../rtp/tx-stream.ts";
import type { SrtpState } from "../srtp/srtp-session.ts";
import type { LegStats, MediaEvent, MediaLegId, PlayoutStop, PortParams } from "../types.ts";

/** A recording being made: `ring` and `startMs` (monotonic, of the whole process) belong to it wherever its leg is. */
export interface TapState {
  readonly recording: string;
  readonly ring: SharedArrayBuffer;
  readonly startMs: number;
  readonly isPaused: boolean;
}

/** What a fork's peer says into a leg. */
export interface TalkbackState {
  readonly stream: string;
  readonly ring: SharedArrayBuffer;
  readonly target: TalkbackTarget;
}

/** All that goes along when a leg is moved to another thread. */
export interface LegState {
  readonly leg: MediaLegId;
  readonly descriptor: number;
  /** Of the socket of RTCP, where it has one of its own. */
  readonly rtcpDescriptor: number | undefined;
  /** What both are bound to. */
  readonly address: string;
  readonly params: PortParams | undefined;
  readonly isEcho: boolean;
  readonly isMuted: boolean;
  readonly latch: LatchState;
  readonly srtp: SrtpState | undefined;
  readonly tx: TxState | undefined;
  readonly rx: { readonly packets: number; readonly bytes: number; readonly lost: number; readonly lastMs: number };
  readonly rxForeign: number;
  readonly rxUnfit: number;
  readonly taps: readonly TapState[];
  readonly talkbacks: readonly TalkbackState[];
}

export type MediaCommand =
  | {
      readonly type: "open";
      readonly request: number;
      readonly leg: MediaLegId;
      readonly address: string;
      readonly udpPort: number;
    }
  | { readonly type: "setParams"; readonly leg: MediaLegId; readonly params: PortParams }
  | { readonly type: "setEcho"; readonly leg: MediaLegId; readonly on: boolean }
  | { readonly type: "setMuted"; readonly leg: MediaLegId; readonly on: boolean }
  | { readonly type: "play"; readonly leg: MediaLegId; readonly item: PlayoutItem }
  | { readonly type: "stopPlayout"; readonly leg: MediaLegId; readonly which: PlayoutStop }
  | {
      readonly type: "startTap";
      readonly leg: MediaLegId;
      readonly recording: string;
      readonly ring: SharedArrayBuffer;
    }
  | { readonly type: "stopTap"; readonly leg: MediaLegId; readonly recording: string }
  | { readonly type: "pauseTap"; readonly leg: MediaLegId; readonly recording: string; readonly on: boolean }
  | {
      readonly type: "startTalkback";
      readonly leg: MediaLegId;
      readonly stream: string;
      readonly ring: SharedArrayBuffer;
      readonly target: TalkbackTarget;
    }
  | { readonly type: "stopTalkback"; readonly leg: MediaLegId; readonly stream: string }
  | { readonly type: "sendDigits"; readonly leg: MediaLegId; readonly digits: string; readonly durationMs: number }
  | { readonly type: "stats"; readonly request: number; readonly leg: MediaLegId }
  | { readonly type: "close"; readonly request: number; readonly leg: MediaLegId }
  /** Takes the leg out without closing anything, to be adopted elsewhere. */
  | { readonly type: "release"; readonly request: number; readonly leg: MediaLegId }
  | {
      readonly type: "adopt";
      readonly request: number;
      readonly state: LegState;
      readonly items: readonly PlayoutItem[];
    }
  | { readonly type: "setBridge"; readonly bridge: string; readonly members: readonly MediaLegId[] }
  | { readonly type: "closeBridge"; readonly bridge: string }
  | { readonly type: "counters"; readonly request: number }
  /** Closes everything and ends the thread. */
  | { readonly type: "shutdown"; readonly request: number };

/** What a request resolves with, by the command's type. */
export interface ReplyValues {
  readonly open: { readonly udpPort: number; readonly socket: number };
  readonly stats: LegStats;
  readonly close: LegStats;
  readonly release: LegState;
  readonly adopt: { readonly socket: number };
  readonly counters: Readonly<Record<string, number>>;
  readonly shutdown: undefined;
}

export type RequestType = keyof ReplyValues;

export type MediaReply =
  | { readonly type: "done"; readonly request: number; readonly value: ReplyValues[RequestType] }
  | {
      readonly type: "failed";
      readonly request: number;
      /** Of our own, or the system's (`EADDRINUSE`). */
      readonly code: ErrorCode | string;
      readonly message: string;
    };

export type MediaMessage =
  | MediaReply
  | { readonly type: "events"; readonly events: readonly MediaEvent[] }
  /** A command could not be carried out; the thread goes on. */
  | { readonly type: "trouble"; readonly command: MediaCommand["type"]; readonly message: string }
  /**
   * The thread is up. `descriptors`: what it keeps open besides sockets, first an eventfd to write to after posting; none
   * where messages wake it by themselves.
   */
  | { readonly type: "ready"; readonly descriptors: readonly number[] };
