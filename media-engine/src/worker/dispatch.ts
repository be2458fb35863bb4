/** Turns commands into calls on the graph. The same code serves a media thread and the inline mode. */
import { messageOf, unreachable } from "@voepy/base";
import { TalkbackReader } from "../fork/talkback-ring.ts";
import type { Graph } from "../graph/graph.ts";
import type { Port } from "../graph/port.ts";
import { sayBye } from "../graph/report.ts";
import type { MovableRtpIo } from "../io/rtp-io.ts";
import { makeRecorderTap } from "../nodes/recorder-tap.ts";
import { adoptLeg, legStateOf } from "./leg-state.ts";
import type { MediaCommand, MediaMessage, ReplyValues, RequestType } from "./protocol.ts";

export interface Dispatch {
  /** Never throws: a request that fails is answered with `failed`, a command for a leg that is gone does nothing. */
  handle(command: MediaCommand): void;
}

type Command<Type extends MediaCommand["type"]> = Extract<MediaCommand, { type: Type }>;

/** `movable`: the io again where its sockets can change threads. */
export function makeDispatch(
  graph: Graph,
  movable: MovableRtpIo | undefined,
  post: (message: MediaMessage) => void,
): Dispatch {
  const fail = (request: number, error: unknown): void =>
    post({ type: "failed", request, code: codeOf(error), message: messageOf(error) });

  const open = async (command: Command<"open">): Promise<void> => {
    const { request, leg } = command;
    try {
      const socket = await graph.wire.io.open(command.address, command.udpPort);
      const { udpPort } = graph.addPort({ id: leg, socket, address: command.address });
      post({ type: "done", request, value: { udpPort, socket } });
    } catch (error) {
      fail(request, error);
    }
  };
  return {
    handle(command) {
      if (command.type === "open") {
        void open(command);
        return;
      }
      try {
        if ("request" in command)
          post({ type: "done", request: command.request, value: answer(graph, movable, command) });
        else perform(graph, command);
      } catch (error) {
        if ("request" in command) fail(command.request, error);
        else post({ type: "trouble", command: command.type, message: messageOf(error) });
      }
    },
  };
}

type Request = Exclude<Extract<MediaCommand, { request: number }>, { type: "open" }>;

/** Does what is asked and returns the value of the reply. */
function answer(graph: Graph, movable: MovableRtpIo | undefined, command: Request): ReplyValues[RequestType] {
  switch (command.type) {
    case "stats":
      return need(graph, command.leg).stats();
    case "close": {
      const port = need(graph, command.leg);
      const stats = port.stats();
      closePort(graph, port);
      return stats;
    }
    case "release": {
      const port = need(graph, command.leg);
      const state = legStateOf(port, needMovable(movable));
      graph.removePort(port);
      return state;
    }
    case "adopt":
      return { socket: adoptLeg(graph, needMovable(movable), command) };
    case "counters":
      return countersOf(graph);
    case "shutdown":
      for (const port of graph.ports.values()) closePort(graph, port);
      graph.wire.io.shutdown();
      return undefined;
    default:
      return unreachable(command);
  }
}

function perform(graph: Graph, command: Exclude<MediaCommand, { request: number }>): void {
  if (command.type === "setBridge") return graph.setBridge(command.bridge, command.members);
  if (command.type === "closeBridge") return graph.closeBridge(command.bridge);
  const port = graph.ports.get(command.leg);
  if (port !== undefined) control(graph, port, command);
}

type Control = Exclude<MediaCommand, { request: number } | { bridge: string }>;

/** Commands to one port that are not answered. */
function control(graph: Graph, port: Port, command: Control): void {
  switch (command.type) {
    case "setParams":
      return graph.setParams(port, command.params);
    case "setEcho":
      port.isEcho = command.on;
      break;
    case "setMuted":
      port.isMuted = command.on;
      break;
    case "play":
      port.playout.enqueue(command.item);
      break;
    case "stopPlayout":
      port.playout.stop(command.which);
      break;
    case "sendDigits":
      port.sendDigits(command.digits, command.durationMs);
      break;
    case "startTap":
      return startTap(graph, port, command);
    case "pauseTap":
      return pauseTap(port, command);
    case "stopTap":
      return stopTap(graph, port, command.recording);
    case "startTalkback": {
      const { stream, ring, target } = command;
      port.talkbacks.list.push({ stream, ring, target, reader: new TalkbackReader(ring) });
      break;
    }
    case "stopTalkback":
      stopTalkback(port, command.stream);
      break;
    default:
      return unreachable(command);
  }
  graph.reroute(port);
}

function stopTalkback({ talkbacks: { list } }: Port, stream: string): void {
  const at = list.findIndex((one) => one.stream === stream);
  if (at >= 0) list.splice(at, 1);
}

function startTap(graph: Graph, port: Port, command: Command<"startTap">): void {
  const startMs = graph.wire.nowMs();
  const tap = makeRecorderTap(command.ring, startMs, port.recordingRateHz);
  port.nameCodecs(tap);
  port.taps.push({ recording: command.recording, ring: command.ring, startMs, tap, isPaused: false });
}

function pauseTap(port: Port, { recording, on }: Command<"pauseTap">): void {
  const tap = port.taps.find((one) => one.recording === recording);
  if (tap !== undefined) tap.isPaused = on;
}

function stopTap(graph: Graph, port: Port, recording: string): void {
  const at = port.taps.findIndex((one) => one.recording === recording);
  if (at >= 0) port.taps.splice(at, 1)[0]?.tap.close("stopped", graph.wire.nowMs());
}

function closePort(graph: Graph, port: Port): void {
  port.playout.close();
  const nowMs = graph.wire.nowMs();
  for (const { tap } of port.taps.splice(0)) tap.close("legClosed", nowMs);
  sayBye(graph.wire, port);
  graph.removePort(port);
  graph.wire.io.close(port.socket);
  if (port.rtcpSocket !== undefined) graph.wire.io.close(port.rtcpSocket);
}

function countersOf(graph: Graph): Readonly<Record<string, number>> {
  const { counters } = graph.wire;
  let recorderDrops = 0;
  for (const port of graph.ports.values()) for (const { tap } of port.taps) recorderDrops += tap.dropped;
  return {
    legs: graph.ports.size,
    bridges: graph.bridges.size,
    packets_in: counters.packetsIn,
    packets_out: counters.packetsOut,
    rtcp_in: counters.rtcpIn,
    rtcp_out: counters.rtcpOut,
    rtcp_malformed: counters.rtcpMalformed,
    rtcp_foreign: counters.rtcpForeign,
    rtcp_ports_taken: counters.rtcpPortsTaken,
    drop_malformed: counters.dropMalformed,
    drop_unauthentic: counters.dropUnauthentic,
    drop_foreign: counters.dropForeign,
    drop_payload_type: counters.dropPayloadType,
    drop_unexpected: counters.dropUnexpected,
    drop_late: counters.dropLate,
    drop_unsendable: counters.dropUnsendable,
    drop_recorder: recorderDrops,
    tick_debt: graph.ticks.debtTicks,
  };
}

function need(graph: Graph, leg: string): Port {
  const port = graph.ports.get(leg);
  if (port === undefined) throw new Error(`media leg ${leg} is not open`);
  return port;
}

function needMovable(movable: MovableRtpIo | undefined): MovableRtpIo {
  if (movable === undefined) throw new Error("sockets of this io cannot be moved to another thread");
  return movable;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "internal_error";
}
