/** SIP over UDP (RFC 3261 §18): one socket, which sends from the port that it listens on (RFC 3581 §3). */
import { createSocket, type Socket } from "node:dgram";
import { isIpv6 } from "../message/ip.ts";
import type { Listener, SipAddress } from "../ua/types.ts";
import { bindError } from "./bind-error.ts";
import type { SipTransport, TransportSink } from "./transport.ts";

/** A datagram cannot be longer (65,535 less the IP and UDP headers); a longer message needs TCP. */
const MAX_DATAGRAM_BYTES = 65_507;
/** Bursts of calls arrive faster than one turn of the loop takes. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

export async function openUdp(listener: Listener, sink: TransportSink): Promise<SipTransport> {
  const socket = createSocket({
    type: isIpv6(listener.host) ? "udp6" : "udp4",
    reuseAddr: false,
    ipv6Only: isIpv6(listener.host),
  });
  await bind(socket, listener);
  growBuffers(socket, sink);
  socket.on("message", (bytes, from) => {
    if (from.port === 0) sink.count("udpFromPortZero");
    else sink.received(bytes, { transport: "udp", address: from.address, port: from.port });
  });
  // Errors of sending reach the callback; what is left is a socket that goes on.
  socket.on("error", () => sink.count("udpErrors"));
  const { address, port } = socket.address();
  return new UdpTransport(socket, { address, port });
}

class UdpTransport implements SipTransport {
  readonly transport = "udp";
  readonly bound: { readonly address: string; readonly port: number };
  readonly #socket: Socket;
  #isClosed = false;

  constructor(socket: Socket, bound: { address: string; port: number }) {
    this.#socket = socket;
    this.bound = bound;
  }

  send(bytes: Uint8Array, to: SipAddress, failed: (problem: string) => void): void {
    if (this.#isClosed) {
      queueMicrotask(() => failed("the socket is closed"));
      return;
    }
    if (bytes.length > MAX_DATAGRAM_BYTES) {
      queueMicrotask(() => failed(`${bytes.length} bytes do not fit into a datagram`));
      return;
    }
    this.#socket.send(bytes, to.port, to.address, (error) => {
      if (error !== null && error !== undefined) failed(error.message);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((done) => this.#socket.close(() => done()));
  }
}

function bind(socket: Socket, listener: Listener): Promise<void> {
  return new Promise((done, fail) => {
    const onError = (error: Error): void => {
      socket.close();
      fail(bindError(listener, error));
    };
    socket.once("error", onError);
    socket.bind({ address: listener.host, port: listener.port, exclusive: true }, () => {
      socket.off("error", onError);
      done();
    });
  });
}

/** The kernel may give less (net.core.rmem_max) or refuse; both only mean an earlier loss under a burst. */
function growBuffers(socket: Socket, sink: TransportSink): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    sink.count("udpBuffersNotGrown");
  }
}
