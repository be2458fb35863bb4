/**
 * All ports and bridges of one media loop, and the loop's three steps: take what has arrived, run the ticks that are due,
 * tell what happened. Sans-thread: a worker and the inline mode drive the same graph.
 *
 * Phases of a tick, over all ports of its slot: 1 pull (jitter, decode, conceal) · 3 mix each bridge · 5 push (playout,
 * encode, number, send); recorders tap packets where they come and go. Then events leave, and paths that ended change.
 */
import type { Clock, Random } from "@voepy/base";
import type { RtpEndpoint, RtpIo, RtpSocket } from "../io/rtp-io.ts";
import type { MediaEvent, MediaLegId, PortParams } from "../types.ts";
import { Bridge } from "./bridge.ts";
import { troubleOf } from "./figures.ts";
import { choosePaths } from "./paths.ts";
import { Port } from "./port.ts";
import { receive } from "./receive.ts";
import { reportTo } from "./report.ts";
import { Slots } from "./slots.ts";
import { TickClock } from "./tick-clock.ts";
import { transmitTick } from "./transmit.ts";
import { makeWire, type Wire } from "./wire.ts";

export interface GraphOptions {
  readonly io: RtpIo;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Random;
  /** `rtpSilent` after so many ms; undefined: never. */
  readonly mediaSilenceMs: number | undefined;
}

/** How often silence is looked for, ms. */
const WATCH_MS = 100;
/** Two ticks of one port are at least this far apart, ms, also when it changes its slot. */
const LEAST_TICK_MS = 10;

export class Graph {
  readonly wire: Wire;
  readonly ports = new Map<MediaLegId, Port>();
  readonly bridges = new Map<string, Bridge>();
  readonly ticks: TickClock;
  readonly #bySocket: (Port | undefined)[] = [];
  readonly #slots = new Slots();
  readonly #mediaSilenceMs: number | undefined;
  #nextWatchMs: number;
  /** Of all ports. */
  #nextReportMs = Number.POSITIVE_INFINITY;
  #events: MediaEvent[] = [];
  /** Ports whose path may be another from now on. */
  readonly #changed: Port[] = [];

  constructor(options: GraphOptions) {
    const { io, clock, random } = options;
    this.wire = makeWire({ io, random, nowMs: () => clock.nowMs(), report: (event) => this.#events.push(event) });
    this.ticks = new TickClock(clock.nowMs());
    this.#mediaSilenceMs = options.mediaSilenceMs;
    this.#nextWatchMs = clock.nowMs();
  }

  /** Takes what has arrived, sleeping at most `waitMs` for it where the io can, and runs what is due. */
  step(waitMs: number): void {
    this.wire.io.poll(waitMs, this.#sink);
    const nowMs = this.wire.nowMs();
    if (this.#slots.isEmpty) this.ticks.skipTo(nowMs);
    else this.ticks.run(nowMs, this.#runSlot);
    if (this.#changed.length > 0) this.#reroute(this.#changed.splice(0));
    if (nowMs >= this.#nextReportMs) this.#sendReports(nowMs);
    if (this.#mediaSilenceMs !== undefined && nowMs >= this.#nextWatchMs) this.#watchSilence(this.#mediaSilenceMs);
  }

  /** When `step` has to be called even if nothing arrives, monotonic ms; Infinity: never. */
  nextStepMs(): number {
    const watchMs =
      this.#mediaSilenceMs === undefined || this.ports.size === 0 ? Number.POSITIVE_INFINITY : this.#nextWatchMs;
    const oftenMs = Math.min(watchMs, this.#nextReportMs);
    return Math.min(oftenMs, this.#slots.isEmpty ? Number.POSITIVE_INFINITY : this.ticks.nextMs(this.#slots.hasWork));
  }

  /** What happened since the last time asked; the same empty array when nothing did. */
  takeEvents(): readonly MediaEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  /** `address`: what its socket is bound to. */
  addPort(options: { id: MediaLegId; socket: RtpSocket; address: string }): Port {
    const udpPort = this.wire.io.udpPortOf(options.socket);
    const port = new Port({ ...options, udpPort }, this.wire.random, (event) => this.#events.push(event));
    this.ports.set(port.id, port);
    this.#bySocket[port.socket] = port;
    return port;
  }

  addRtcpSocket(port: Port, socket: RtpSocket): void {
    port.rtcpSocket = socket;
    this.#bySocket[socket] = port;
  }

  /** Takes a port out of everything; its sockets stay open. */
  removePort(port: Port): void {
    this.ports.delete(port.id);
    this.#bySocket[port.socket] = undefined;
    if (port.rtcpSocket !== undefined) this.#bySocket[port.rtcpSocket] = undefined;
    const { bridge } = port;
    if (bridge !== undefined) bridge.members = bridge.members.filter((member) => member !== port);
    port.bridge = undefined;
    port.params = undefined;
    this.#reroute([port, ...(bridge?.members ?? [])]);
    if (bridge !== undefined) this.#slots.place(bridge);
  }

  setParams(port: Port, params: PortParams): void {
    port.setParams(params, this.wire.nowMs());
    this.#nextReportMs = Math.min(this.#nextReportMs, port.rtcp.nextMs);
    if (params.rtcp?.mux === false && port.rtcpSocket === undefined) void this.#openRtcp(port);
    this.reroute(port);
  }

  /** The port above that of RTP (RFC 3550 §11). Where it is taken, reports leave by the socket of RTP and none come. */
  async #openRtcp(port: Port): Promise<void> {
    const { io } = this.wire;
    const socket = await io.open(port.address, port.udpPort + 1).catch(() => undefined);
    if (socket === undefined) {
      this.wire.counters.rtcpPortsTaken++;
      return;
    }
    const isWanted = this.ports.get(port.id) === port && port.rtcpSocket === undefined;
    if (isWanted) this.addRtcpSocket(port, socket);
    else io.close(socket);
  }

  /** Members that are not here are left out. */
  setBridge(id: string, members: readonly MediaLegId[]): void {
    const bridge = this.bridges.get(id) ?? new Bridge(id);
    this.bridges.set(id, bridge);
    const before = bridge.members;
    const touched = new Set<Port>(before);
    bridge.members = members.flatMap((leg) => this.ports.get(leg) ?? []);
    for (const port of before) port.bridge = undefined;
    for (const port of bridge.members) {
      const { bridge: other } = port;
      if (other !== undefined && other !== bridge) {
        for (const left of other.members) touched.add(left);
        other.members = other.members.filter((member) => member !== port);
        this.#slots.place(other);
      }
      port.bridge = bridge;
      touched.add(port);
    }
    this.#reroute([...touched]);
    if (bridge.members.length === 0) this.closeBridge(id);
  }

  closeBridge(id: string): void {
    const bridge = this.bridges.get(id);
    if (bridge === undefined) return;
    this.bridges.delete(id);
    const { members } = bridge;
    bridge.members = [];
    for (const port of members) port.bridge = undefined;
    this.#slots.place(bridge);
    this.#reroute(members);
  }

  /** Something of `port` changed that may change its path or that of those it is bridged with. */
  reroute(port: Port): void {
    this.#reroute(port.bridge?.members ?? [port]);
  }

  #reroute(ports: readonly Port[]): void {
    const all = new Set(ports.flatMap((port) => [port, ...(port.bridge?.members ?? [])]));
    if (this.#slots.isEmpty) this.ticks.skipTo(this.wire.nowMs());
    choosePaths(this.wire, [...all]);
    for (const port of all) {
      port.wasBusy = port.isBusy;
      if (port.bridge === undefined) this.#slots.placeAlone(port);
      else this.#slots.place(port.bridge);
    }
  }

  readonly #sink = (socket: RtpSocket, packet: Uint8Array, size: number, source: RtpEndpoint): void => {
    const { wire } = this;
    const port = this.#bySocket[socket];
    wire.size = size;
    wire.atMs = wire.nowMs();
    if (wire.source !== source) wire.source = source;
    if (port === undefined) wire.counters.dropUnexpected++;
    else if (receive(wire, port, packet) === "otherCodec") this.#changed.push(port);
  };

  readonly #runSlot = (slot: number, turn: number): void => {
    const nowMs = this.wire.nowMs();
    const ports = this.#slots.portsOf(slot);
    for (let i = 0; i < ports.length; i++) {
      const port = ports[i]!;
      const { audio } = port;
      if (audio === undefined) continue;
      if (port.isHeard) port.pulled = audio.receiver.pull(audio.rxFrame);
      if (port.talkbacks.list.length > 0 && port.talkbacks.pull(audio.rxFrame)) port.pulled = "audio";
    }
    const bridges = this.#slots.bridgesOf(slot);
    for (let i = 0; i < bridges.length; i++) bridges[i]!.mix();
    for (let i = 0; i < ports.length; i++) this.#push(ports[i]!, turn, nowMs);
  };

  #push(port: Port, turn: number, nowMs: number): void {
    const { audio } = port;
    if (!port.ticks || audio === undefined || turn - port.lastTurn < LEAST_TICK_MS) return;
    port.lastTurn = turn;
    const isMixed = port.bridge !== undefined && port.bridge.slot >= 0;
    if (!isMixed && !port.talkbacks.hasOwn) audio.toFar.output.fill(0);
    else {
      if (!isMixed) audio.toFar.input.fill(0);
      port.talkbacks.addTo(audio.toFar.input);
      audio.toFar.convert();
    }
    transmitTick(this.wire, port, audio, nowMs);
    if (port.wasBusy && !port.isBusy) this.#changed.push(port);
  }

  /** RTCP of the ports whose turn it is, and what is wrong with their media. */
  #sendReports(nowMs: number): void {
    this.#nextReportMs = Number.POSITIVE_INFINITY;
    for (const port of this.ports.values()) {
      if (port.params?.rtcp === undefined) continue;
      if (nowMs >= port.rtcp.nextMs) {
        const heard = port.rx.report();
        reportTo(this.wire, port, heard);
        for (const reason of troubleOf(port, heard, nowMs))
          this.#events.push({ type: "mediaWarning", leg: port.id, reason, stats: port.stats() });
      }
      this.#nextReportMs = Math.min(this.#nextReportMs, port.rtcp.nextMs);
    }
  }

  /** Tells once of each far end that should speak and does not. */
  #watchSilence(mediaSilenceMs: number): void {
    const nowMs = this.wire.nowMs();
    this.#nextWatchMs = nowMs + WATCH_MS;
    for (const port of this.ports.values()) {
      if (port.params?.mayReceive !== true) continue;
      const heardMs = Math.max(port.rx.lastMs, port.listeningSinceMs);
      if (nowMs - heardMs < mediaSilenceMs || port.silenceToldMs >= heardMs) continue;
      port.silenceToldMs = nowMs;
      this.#events.push({ type: "rtpSilent", leg: port.id, silentMs: Math.round(nowMs - heardMs) });
    }
  }
}
