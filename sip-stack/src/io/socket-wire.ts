/** A TCP or TLS socket as a flow: bytes in are cut into messages (RFC 3261 §18.3), keep-alives answered. */
import type { Socket } from "node:net";
import { type Framed, PONG, StreamFramer } from "../message/framer.ts";
import { plainAddress } from "./flow-limits.ts";
import type { Flow, Flows, Wire } from "./flows.ts";
import type { TransportSink } from "./transport.ts";

/** RFC 5626 §4.4.1: what a client sends to hear a PONG. */
const PING: Uint8Array = Buffer.from("\r\n\r\n");

/** A socket the listener took; the handshake, if any, is done. */
export function takeSocket(flows: Flows, sink: TransportSink, socket: Socket): void {
  const address = plainAddress(socket.remoteAddress ?? "");
  // Gone between its handshake and now.
  if (address === "") {
    socket.on("error", () => socket.destroy());
    socket.destroy();
    return;
  }
  const flow = flows.open(wireOf(socket), { address, port: socket.remotePort ?? 0 }, true);
  listen(flows, sink, flow, socket);
}

/** A socket that is being connected; it stands when `ready` comes. */
export function dialSocket(
  flows: Flows,
  sink: TransportSink,
  socket: Socket,
  far: { address: string; port: number; name?: string | undefined; ready: "connect" | "secureConnect" },
): Flow {
  const flow = flows.open(wireOf(socket), far, false);
  socket.once(far.ready, () => flows.opened(flow));
  listen(flows, sink, flow, socket);
  return flow;
}

function wireOf(socket: Socket): Wire {
  return {
    queuedBytes: () => socket.writableLength,
    write: (bytes, written) => void socket.write(bytes, written),
    ping: () => void socket.write(PING),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}

function listen(flows: Flows, sink: TransportSink, flow: Flow, socket: Socket): void {
  const framer = new StreamFramer();
  socket.on("data", (bytes: Buffer) => {
    const isPong = framer.pendingBytes === 0 && startsWithPong(bytes);
    const all = framer.push(bytes);
    flows.heard(flow, { isUnfinished: framer.pendingBytes > 0, isPong });
    for (const framed of all) handle(framed);
  });
  let problem = "the peer closed the connection";
  socket.on("error", (error) => {
    problem = error.message;
  });
  socket.on("close", () => flows.drop(flow, problem));

  function handle(framed: Framed): void {
    if (framed.type === "ping") {
      socket.write(PONG);
      return;
    }
    sink.framed(framed.result, flow.peer);
    if (framed.type === "fatal") flows.finish(flow, "FramingErrors");
  }
}

/** One CRLF, not two (RFC 5626 §4.4.1). */
function startsWithPong(bytes: Buffer): boolean {
  return bytes[0] === 0x0d && bytes[1] === 0x0a && bytes[2] !== 0x0d;
}
