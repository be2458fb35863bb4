/**
 * RTP by node:dgram, for machines without system calls by FFI and for media inside the main thread. Packets arrive by
 * callback, wait in a bounded queue and are taken by `poll`.
 */
import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import {
  makeEndpoint,
  PACKET_BYTES,
  type RtpDestination,
  type RtpEndpoint,
  type RtpIo,
  type RtpSink,
  type RtpSocket,
  readAddress,
} from "./rtp-io.ts";

/** Packets kept between polls; more are dropped, as a full socket buffer would. */
const QUEUE_PACKETS = 4096;

interface Arrival {
  readonly socket: RtpSocket;
  readonly packet: Uint8Array;
  readonly address: string;
  readonly udpPort: number;
}

export function makeDgramRtpIo(): RtpIo {
  const sockets = new Map<RtpSocket, Socket>();
  const packet = new Uint8Array(PACKET_BYTES);
  const source = makeEndpoint();
  const read = makeAddressReader();
  let queue: Arrival[] = [];
  let readable: () => void = () => undefined;
  let nextSocket = 1;

  const arrive = (arrival: Arrival): void => {
    if (queue.length < QUEUE_PACKETS && queue.push(arrival) === 1) readable();
  };
  const close = (id: RtpSocket): void => {
    sockets.get(id)?.close();
    sockets.delete(id);
    queue = queue.filter((arrival) => arrival.socket !== id);
  };
  return {
    waits: false,
    async open(address, udpPort) {
      const socket = await bind(address, udpPort);
      const id = nextSocket++;
      sockets.set(id, socket);
      socket.on("message", (bytes, from) =>
        arrive({ socket: id, packet: bytes, address: from.address, udpPort: from.port }),
      );
      // An asynchronous send error (no route, unreachable) concerns one packet, which is lost as any packet may be.
      socket.on("error", () => undefined);
      return id;
    },
    udpPortOf: (id) => sockets.get(id)?.address().port ?? 0,
    close,
    poll(_waitMs: number, sink: RtpSink): number {
      const arrivals = queue;
      queue = [];
      for (const arrival of arrivals) {
        const size = Math.min(arrival.packet.length, PACKET_BYTES);
        packet.set(arrival.packet.length > size ? arrival.packet.subarray(0, size) : arrival.packet);
        read(arrival.address, source);
        source.udpPort = arrival.udpPort;
        sink(arrival.socket, packet, size, source);
      }
      return arrivals.length;
    },
    onReadable: (callback) => {
      readable = callback;
    },
    send: (id: RtpSocket, bytes: Uint8Array, size: number, destination: RtpDestination): boolean => {
      const socket = sockets.get(id);
      if (socket === undefined) return false;
      // The socket keeps what it is given until the system has taken it, and our callers reuse theirs.
      socket.send(Uint8Array.prototype.slice.call(bytes, 0, size), destination.udpPort, destination.address);
      return true;
    },
    shutdown: () => {
      for (const id of sockets.keys()) close(id);
    },
  };
}

function bind(address: string, udpPort: number): Promise<Socket> {
  const endpoint = makeEndpoint();
  if (!readAddress(address, endpoint)) return Promise.reject(new Error(`${address} is not an IP address`));
  const isV6 = address.includes(":");
  const socket = createSocket({ type: isV6 ? "udp6" : "udp4", ipv6Only: isV6, lookup });
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once("error", refuse);
    socket.bind({ address, port: udpPort, exclusive: true }, () => {
      socket.off("error", refuse);
      resolve(socket);
    });
  });
}

/**
 * Destinations are literals, and those are looked up later by default: a packet sent last before `close` would be lost.
 */
const lookup: NonNullable<SocketOptions["lookup"]> = (address, _options, found) =>
  found(null, address, address.includes(":") ? 6 : 4);

/** Reads addresses as dgram gives them (text) into `out`, parsing each peer's once. */
function makeAddressReader(): (address: string, out: RtpEndpoint) => void {
  const known = new Map<string, RtpEndpoint>();
  return (address, out) => {
    let endpoint = known.get(address);
    if (endpoint === undefined) {
      // Bounded: strangers must not be able to fill it.
      if (known.size >= 4096) known.clear();
      endpoint = makeEndpoint();
      readAddress(address, endpoint);
      known.set(address, endpoint);
    }
    out.words.set(endpoint.words);
  };
}
