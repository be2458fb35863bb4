/** The media of one voepy: threads, ports of the range, legs and where they live, prompts, the recorder. */
import { availableParallelism } from "node:os";
import { CodedError, messageOf } from "@voepy/base";
import { makeDgramRtpIo } from "../io/dgram-rtp-io.ts";
import { loadLibc } from "../io/libc.ts";
import { makePortRange, type PortRange } from "../io/port-range.ts";
import { makePromptStore } from "../io/prompt-store.ts";
import type { PromptStore } from "../nodes/prompt-store.ts";
import type { RecorderEvent } from "../nodes/recorder.ts";
import { makeRecorderRing } from "../nodes/recorder-tap.ts";
import type {
  ForkFigures,
  ForkRequest,
  MediaEvent,
  MediaLeg,
  MediaLegId,
  MediaPool,
  PreparedPrompt,
  RecordingRequest,
} from "../types.ts";
import { type LegHome, MediaClient } from "./media-client.ts";
import { type LinkListener, type MediaLink, startInline, startThread } from "./media-link.ts";
import { PoolForks } from "./pool-forks.ts";
import type { MediaPoolOptions } from "./pool-options.ts";
import type { MediaMessage } from "./protocol.ts";
import { makeInlineRecorder, makeThreadRecorder, type RecorderLink } from "./recorder-link.ts";
import { Requests } from "./requests.ts";

/** Threads started again after a death, in all: a fault that kills each one must not spin. */
const MOST_RESTARTS = 20;

/** Throws CodedError `invalid_request` for a port range without a port or an io that cannot be had. */
export async function makeMediaPool(options: MediaPoolOptions): Promise<MediaPool> {
  const pool = new Pool(options);
  await pool.start();
  return pool;
}

interface BridgeHome {
  readonly link: MediaLink;
  readonly members: readonly MediaLegId[];
}

class Pool implements MediaPool, LegHome {
  readonly requests = new Requests();
  readonly prompts: PromptStore;
  readonly #options: MediaPoolOptions;
  readonly #ports: PortRange;
  readonly #links: MediaLink[] = [];
  readonly #legs = new Map<MediaLegId, MediaClient>();
  readonly #bridges = new Map<string, BridgeHome>();
  readonly #listeners: ((event: MediaEvent) => void)[] = [];
  readonly #forks: PoolForks;
  #recorder: RecorderLink | undefined;
  #restarts = 0;
  #isClosing = false;

  constructor(options: MediaPoolOptions) {
    this.#options = options;
    this.#ports = makePortRange(options.ports, options.random);
    this.prompts = makePromptStore({ ffmpegPath: options.ffmpegPath });
    const { workers, clock, ffmpegPath, connectFork: connect } = options;
    this.#forks = new PoolForks({ isInline: workers === 0, clock, connect, ffmpegPath }, (event) => this.#emit(event));
  }

  async start(): Promise<void> {
    const { workers, clock, io } = this.#options;
    const report = (event: RecorderEvent): void => this.#onRecorder(event);
    if (workers === 0) {
      this.#links.push(this.#startInline());
      this.#recorder = await makeInlineRecorder(clock, report);
      return;
    }
    if (typeof io === "function") throw new CodedError("invalid_request", "an io of one's own needs workers: 0");
    this.#recorder = makeThreadRecorder(report);
    const backend = io === "auto" ? this.#bestBackend() : io;
    const wanted = workers === "auto" ? Math.max(1, availableParallelism() - 1) : workers;
    const count = backend === "syscall" ? wanted : 1;
    await Promise.all(Array.from({ length: count }, () => this.#startThread(backend)));
    this.#options.log.info("media threads ready", { threads: count, io: backend });
  }

  async openLeg(options: {
    leg: MediaLegId;
    near?: MediaLegId | undefined;
    bindAddress?: string | undefined;
  }): Promise<MediaLeg> {
    const { leg } = options;
    const near = options.near === undefined ? undefined : this.#legs.get(options.near)?.link;
    const link = near ?? this.#leastLoaded();
    const address = options.bindAddress ?? this.#options.address;
    const { bound } = await this.#ports.claim((udpPort) =>
      this.requests.make<"open">(link, (request) => link.post({ type: "open", request, leg, address, udpPort })),
    );
    const client = new MediaClient(this, link, { ...bound, leg });
    this.#legs.set(leg, client);
    return client;
  }

  setBridge(bridge: string, members: readonly MediaLegId[]): void {
    const legs = members.flatMap((leg) => this.#legs.get(leg) ?? []);
    const link = mostCommonLink(legs) ?? this.#bridges.get(bridge)?.link;
    if (link === undefined) return;
    const before = this.#bridges.get(bridge);
    if (before !== undefined && before.link !== link) before.link.post({ type: "closeBridge", bridge });
    const home: BridgeHome = { link, members };
    this.#bridges.set(bridge, home);
    const strangers = legs.filter((leg) => leg.link !== link);
    if (strangers.length === 0) return link.post({ type: "setBridge", bridge, members });
    this.#gather(bridge, home, strangers).catch((error: unknown) =>
      this.#options.log.error("bridge not joined", { bridge, error: messageOf(error) }),
    );
  }

  closeBridge(bridge: string): void {
    const home = this.#bridges.get(bridge);
    this.#bridges.delete(bridge);
    home?.link.post({ type: "closeBridge", bridge });
  }

  preparePrompt(key: string, bytes: Uint8Array): Promise<PreparedPrompt> {
    return this.prompts.prepare(key, bytes);
  }

  hasPrompt(key: string): boolean {
    return this.prompts.has(key);
  }

  onEvent(listener: (event: MediaEvent) => void): void {
    this.#listeners.push(listener);
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    const each = await Promise.all(
      this.#links.map((link) =>
        this.requests.make<"counters">(link, (request) => link.post({ type: "counters", request })),
      ),
    );
    const sum: Record<string, number> = {
      threads: this.#options.workers === 0 ? 0 : this.#links.length,
      udp_ports: this.#ports.inUse,
      recordings: this.#recorder?.openCount ?? 0,
      forks: this.#forks.openCount,
    };
    for (const counters of each)
      for (const [name, value] of Object.entries(counters)) sum[name] = (sum[name] ?? 0) + value;
    return sum;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#legs.values()].map((leg) => leg.close()));
    await Promise.all(
      this.#links.map(async (link) => {
        await this.requests.make<"shutdown">(link, (request) => link.post({ type: "shutdown", request }));
        await link.end();
      }),
    );
    await this.#recorder?.close();
    await this.#forks.close();
  }

  startRecording(leg: MediaClient, request: RecordingRequest): void {
    const ring = makeRecorderRing();
    this.#recorder?.start(request, ring);
    leg.startTap(request.recording, ring);
  }

  startFork(leg: MediaClient, request: ForkRequest): void {
    this.#forks.start(leg, request);
  }

  stopFork(stream: string): void {
    this.#forks.stop(stream);
  }

  forkFigures(stream: string): ForkFigures | undefined {
    return this.#forks.figures(stream);
  }

  onClosed(leg: MediaClient): void {
    if (!this.#legs.delete(leg.id)) return;
    this.#ports.release(leg.udpPort);
  }

  async #gather(bridge: string, home: BridgeHome, strangers: readonly MediaClient[]): Promise<void> {
    await Promise.all(strangers.map((leg) => leg.moveTo(home.link)));
    // Another word about this bridge, said meanwhile, holds.
    if (this.#bridges.get(bridge) === home) home.link.post({ type: "setBridge", bridge, members: home.members });
  }

  #startInline(): MediaLink {
    const { io, clock, random, mediaSilenceMs } = this.#options;
    if (io === "syscall")
      throw new CodedError("invalid_request", "media by system calls needs at least one media thread");
    const rtpIo = typeof io === "function" ? io() : makeDgramRtpIo();
    const listener = { onMessage: (message: MediaMessage) => this.#onMessage(message), onLost: () => undefined };
    return startInline({ io: rtpIo, clock, random, mediaSilenceMs }, listener);
  }

  async #startThread(io: "syscall" | "dgram"): Promise<void> {
    const listener: LinkListener = {
      onMessage: (message) => this.#onMessage(message),
      onLost: (reason) => this.#onLost(link, io, reason),
    };
    const link = await startThread({ io, mediaSilenceMs: this.#options.mediaSilenceMs }, listener);
    this.#links.push(link);
  }

  /** System calls where they can be had. */
  #bestBackend(): "syscall" | "dgram" {
    try {
      loadLibc();
      return "syscall";
    } catch (error) {
      this.#options.log.warn("media falls back to node:dgram", { reason: messageOf(error) });
      return "dgram";
    }
  }

  #leastLoaded(): MediaLink {
    const load = new Map(this.#links.map((link) => [link, 0]));
    for (const { link } of this.#legs.values()) load.set(link, (load.get(link) ?? 0) + 1);
    const [least] = this.#links.toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0));
    if (least === undefined) throw new CodedError("internal_error", "no media thread is running");
    return least;
  }

  #onMessage(message: MediaMessage): void {
    if (message.type === "done" || message.type === "failed") this.requests.settle(message);
    else if (message.type === "trouble")
      this.#options.log.error("media command failed", { command: message.command, error: message.message });
    else if (message.type === "events") for (const event of message.events) this.#onMedia(event);
  }

  #onMedia(event: MediaEvent): void {
    if ("leg" in event && this.#legs.get(event.leg)?.note(event) === false) return;
    if (event.type === "digit") this.#forks.digit(event.leg, event.digit, event.durationMs);
    this.#emit(event);
  }

  #onRecorder(event: RecorderEvent): void {
    for (const leg of this.#legs.values())
      if (leg.recordings.delete(event.recording)) leg.stopRecording(event.recording);
    this.#emit(event);
  }

  /** A thread died: its legs are gone, the others' calls go on, and a new thread takes its place. */
  #onLost(link: MediaLink, io: "syscall" | "dgram", reason: string): void {
    this.#links.splice(this.#links.indexOf(link), 1);
    const lost = [...this.#legs.values()].filter((leg) => leg.link === link);
    this.#options.log.error("media thread lost", { reason, legs: lost.length });
    this.requests.fail(link, reason);
    for (const leg of lost) {
      this.onClosed(leg);
      link.closeDescriptor(leg.socket);
      for (const recording of leg.recordings) this.#recorder?.abandon(recording);
      this.#forks.abandon(leg);
    }
    for (const [bridge, home] of this.#bridges) if (home.link === link) this.#bridges.delete(bridge);
    this.#emit({ type: "workerLost", legs: lost.map((leg) => leg.id) });
    if (this.#isClosing || this.#restarts++ >= MOST_RESTARTS) return;
    this.#startThread(io).catch((error: unknown) =>
      this.#options.log.error("media thread not started again", { error: messageOf(error) }),
    );
  }

  #emit(event: MediaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** The link most of `legs` live on; undefined when there are none. */
function mostCommonLink(legs: readonly MediaClient[]): MediaLink | undefined {
  const count = new Map<MediaLink, number>();
  for (const { link } of legs) count.set(link, (count.get(link) ?? 0) + 1);
  return [...count].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}
