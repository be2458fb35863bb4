/** A leg as the rest of voepy holds it: every method is one command to the thread the leg lives on. */
import type { ForkMemory } from "../fork/fork.ts";
import { OWN_RATE_HZ, type PlayoutItem } from "../nodes/playout.ts";
import type { PromptStore } from "../nodes/prompt-store.ts";
import type {
  ForkFigures,
  ForkRequest,
  LegStats,
  MediaEvent,
  MediaLeg,
  MediaLegId,
  PlayoutRequest,
  PlayoutStop,
  PortParams,
  RecordingRequest,
} from "../types.ts";
import type { MediaLink } from "./media-link.ts";
import type { MediaCommand, ReplyValues } from "./protocol.ts";
import type { Requests } from "./requests.ts";

/** What a leg needs of its pool. */
export interface LegHome {
  readonly requests: Requests;
  readonly prompts: PromptStore;
  startRecording(leg: MediaClient, request: RecordingRequest): void;
  startFork(leg: MediaClient, request: ForkRequest): void;
  stopFork(stream: string): void;
  forkFigures(stream: string): ForkFigures | undefined;
  /** The leg's thread has let go of it. */
  onClosed(leg: MediaClient): void;
}

const LOST_STATS: Omit<LegStats, "describe"> = {
  rxPackets: 0,
  rxBytes: 0,
  rxLost: 0,
  rxDiscarded: 0,
  rxJitterMs: 0,
  rxMos: undefined,
  txPackets: 0,
  txBytes: 0,
  txLost: undefined,
  txJitterMs: undefined,
  txMos: undefined,
  roundTripMs: undefined,
  rxForeign: 0,
  ssrc: 0,
  path: "idle",
};

export class MediaClient implements MediaLeg {
  readonly id: MediaLegId;
  readonly udpPort: number;
  /** Where it lives, and its socket there. */
  link: MediaLink;
  socket: number;
  readonly recordings = new Set<string>();
  readonly #home: LegHome;
  /** Prompts that have not ended: they are queued again where the leg is moved to. */
  #items: PlayoutItem[] = [];
  readonly #started = new Set<string>();
  #waiting: MediaCommand[] | undefined;
  #moves: Promise<void> = Promise.resolve();
  #closing: Promise<LegStats> | undefined;

  constructor(home: LegHome, link: MediaLink, opened: ReplyValues["open"] & { leg: MediaLegId }) {
    this.#home = home;
    this.id = opened.leg;
    this.udpPort = opened.udpPort;
    this.link = link;
    this.socket = opened.socket;
  }

  setParams(params: PortParams): void {
    this.#post({ type: "setParams", leg: this.id, params });
  }

  setEcho(on: boolean): void {
    this.#post({ type: "setEcho", leg: this.id, on });
  }

  setMuted(on: boolean): void {
    this.#post({ type: "setMuted", leg: this.id, on });
  }

  play(request: PlayoutRequest): void {
    const item = { prompt: request.prompt, loop: request.loop, source: this.#sourceOf(request) };
    this.#items.push(item);
    this.#post({ type: "play", leg: this.id, item });
  }

  stopPlayout(which: PlayoutStop): void {
    this.#post({ type: "stopPlayout", leg: this.id, which });
  }

  startRecording(request: RecordingRequest): void {
    this.#home.startRecording(this, request);
  }

  /** Connects the leg to the ring of a recording that was begun. */
  startTap(recording: string, ring: SharedArrayBuffer): void {
    this.recordings.add(recording);
    this.#post({ type: "startTap", leg: this.id, recording, ring });
  }

  setRecordingPaused(recording: string, on: boolean): void {
    this.#post({ type: "pauseTap", leg: this.id, recording, on });
  }

  stopRecording(recording: string): void {
    this.#post({ type: "stopTap", leg: this.id, recording });
  }

  startFork(request: ForkRequest): void {
    this.#home.startFork(this, request);
  }

  /** Connects the leg to the shared memory of a fork that was begun. */
  tapFork({ stream, talkback }: ForkRequest, memory: ForkMemory): void {
    this.#post({ type: "startTap", leg: this.id, recording: stream, ring: memory.ring });
    if (talkback === undefined || memory.talkback === undefined) return;
    const { target } = talkback;
    this.#post({ type: "startTalkback", leg: this.id, stream, ring: memory.talkback, target });
  }

  stopFork(stream: string): void {
    this.#home.stopFork(stream);
  }

  untapFork(stream: string): void {
    this.#post({ type: "stopTap", leg: this.id, recording: stream });
    this.#post({ type: "stopTalkback", leg: this.id, stream });
  }

  forkFigures(stream: string): ForkFigures | undefined {
    return this.#home.forkFigures(stream);
  }

  sendDigits(digits: string, durationMs: number): void {
    this.#post({ type: "sendDigits", leg: this.id, digits, durationMs });
  }

  stats(): Promise<LegStats> {
    return this.#home.requests.make<"stats">(this.link, (request) =>
      this.#post({ type: "stats", request, leg: this.id }),
    );
  }

  close(): Promise<LegStats> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Keeps the books on what happened. False: the event was told before and is for nobody. */
  note(event: MediaEvent): boolean {
    if (event.type === "playoutStarted") {
      if (this.#started.has(event.prompt)) return false;
      this.#started.add(event.prompt);
    } else if (event.type === "playoutEnded") {
      this.#started.delete(event.prompt);
      this.#items = this.#items.filter((item) => item.prompt !== event.prompt);
    }
    return true;
  }

  /** Resolves when the leg lives on `target`. Commands of the meantime wait. A thread that dies on the way ends it. */
  moveTo(target: MediaLink): Promise<void> {
    this.#moves = this.#moves.then(() => this.#move(target));
    return this.#moves;
  }

  async #move(target: MediaLink): Promise<void> {
    if (this.link === target || this.#closing !== undefined) return;
    const { requests } = this.#home;
    const { link } = this;
    this.#waiting = [];
    try {
      const state = await requests.make<"release">(link, (request) =>
        link.post({ type: "release", request, leg: this.id }),
      );
      this.link = target;
      const items = this.#items;
      const { socket } = await requests.make<"adopt">(target, (request) =>
        target.post({ type: "adopt", request, state, items }),
      );
      this.socket = socket;
    } finally {
      const commands = this.#waiting;
      this.#waiting = undefined;
      for (const command of commands) this.#post(command);
    }
  }

  async #close(): Promise<LegStats> {
    await this.#moves;
    try {
      return await this.#home.requests.make<"close">(this.link, (request) =>
        this.#post({ type: "close", request, leg: this.id }),
      );
    } catch (error) {
      // A leg whose thread died is closed; it has no figures left to tell.
      return { ...LOST_STATS, describe: error instanceof Error ? error.message : "lost" };
    } finally {
      this.#home.onClosed(this);
    }
  }

  #post(command: MediaCommand): void {
    if (this.#waiting === undefined) this.link.post(command);
    else this.#waiting.push(command);
  }

  #sourceOf({ source }: PlayoutRequest): PlayoutItem["source"] {
    if (source.type === "tone") return source;
    const pcm = this.#home.prompts.pcm(source.key, OWN_RATE_HZ);
    return pcm === undefined ? { type: "missing", error: "the prompt is not prepared" } : { type: "pcm", pcm };
  }
}
