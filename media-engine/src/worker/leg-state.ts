/** A leg written down in one thread and taken up in another: same socket, same stream, same recordings. */
import { TalkbackReader } from "../fork/talkback-ring.ts";
import type { Graph } from "../graph/graph.ts";
import type { Port } from "../graph/port.ts";
import type { MovableRtpIo, RtpSocket } from "../io/rtp-io.ts";
import type { PlayoutItem } from "../nodes/playout.ts";
import { makeRecorderTap } from "../nodes/recorder-tap.ts";
import type { LegState } from "./protocol.ts";

/** Gives up the socket of `port` without closing it. */
export function legStateOf(port: Port, io: MovableRtpIo): LegState {
  const { rx } = port;
  return {
    leg: port.id,
    descriptor: io.release(port.socket),
    rtcpDescriptor: port.rtcpSocket === undefined ? undefined : io.release(port.rtcpSocket),
    address: port.address,
    params: port.params,
    isEcho: port.isEcho,
    isMuted: port.isMuted,
    latch: port.latch.state(),
    srtp: port.srtp?.state(),
    tx: port.audio?.tx.state(),
    rx: { packets: rx.packets, bytes: rx.bytes, lost: rx.lost, lastMs: rx.lastMs },
    rxForeign: port.rxForeign,
    rxUnfit: port.rxUnfit,
    taps: port.taps.map(({ recording, ring, startMs, isPaused }) => ({ recording, ring, startMs, isPaused })),
    talkbacks: port.talkbacks.list.map(({ stream, ring, target }) => ({ stream, ring, target })),
  };
}

export function adoptLeg(
  graph: Graph,
  io: MovableRtpIo,
  { state, items }: { state: LegState; items: readonly PlayoutItem[] },
): RtpSocket {
  const socket = io.adopt(state.descriptor);
  const port = graph.addPort({ id: state.leg, socket, address: state.address });
  if (state.rtcpDescriptor !== undefined) graph.addRtcpSocket(port, io.adopt(state.rtcpDescriptor));
  port.isEcho = state.isEcho;
  port.isMuted = state.isMuted;
  port.rxForeign = state.rxForeign;
  port.rxUnfit = state.rxUnfit;
  for (const tap of state.taps) port.taps.push({ ...tap, tap: makeRecorderTap(tap.ring, tap.startMs) });
  for (const talkback of state.talkbacks)
    port.talkbacks.list.push({ ...talkback, reader: new TalkbackReader(talkback.ring) });
  if (state.params !== undefined) {
    port.continueFrom(state.params, state.tx);
    graph.setParams(port, state.params);
    port.latch.restore(state.latch);
    if (state.srtp !== undefined) port.srtp?.continueFrom(state.srtp);
  }
  port.rx.continueFrom(state.rx);
  for (const item of items) port.playout.enqueue(item);
  graph.reroute(port);
  return socket;
}
