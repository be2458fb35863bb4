/** RTP over the emulated network: the `io` option of an inline media pool that lives on an emulated host. */
import {
  makeEndpoint,
  PACKET_BYTES,
  type RtpDestination,
  type RtpIo,
  type RtpSink,
  type RtpSocket,
  readAddress,
} from "@voepy/media-engine";
import type { EmulatedHost } from "./netem.ts";
import type { UdpAddress, UdpSocket } from "./udp.ts";

interface Arrived {
  readonly socket: RtpSocket;
  readonly bytes: Uint8Array;
  readonly from: UdpAddress;
}

export class EmulatedRtpIo implements RtpIo {
  readonly waits = false;
  readonly #host: EmulatedHost;
  readonly #sockets = new Map<RtpSocket, UdpSocket>();
  readonly #packet = new Uint8Array(PACKET_BYTES);
  readonly #source = makeEndpoint();
  #arrived: Arrived[] = [];
  #readable: () => void = () => undefined;
  #isTold = false;
  #next: RtpSocket = 0;

  constructor(host: EmulatedHost) {
    this.#host = host;
  }

  async open(address: string, udpPort: number): Promise<RtpSocket> {
    const id = this.#next;
    const onPacket = (bytes: Uint8Array, from: UdpAddress): void => this.#receive({ socket: id, bytes, from });
    this.#sockets.set(id, this.#host.bindNow({ address, port: udpPort, onPacket }));
    this.#next++;
    return id;
  }

  udpPortOf(socket: RtpSocket): number {
    return this.#sockets.get(socket)?.port ?? 0;
  }

  close(socket: RtpSocket): void {
    this.#sockets.get(socket)?.close();
    this.#sockets.delete(socket);
    this.#arrived = this.#arrived.filter((one) => one.socket !== socket);
  }

  poll(_waitMs: number, sink: RtpSink): number {
    this.#isTold = false;
    let taken = 0;
    for (let one = this.#arrived.shift(); one !== undefined; one = this.#arrived.shift()) {
      taken++;
      const size = Math.min(one.bytes.length, PACKET_BYTES);
      this.#packet.set(one.bytes.subarray(0, size));
      readAddress(one.from.address, this.#source);
      this.#source.udpPort = one.from.port;
      sink(one.socket, this.#packet, size, this.#source);
    }
    return taken;
  }

  onReadable(readable: () => void): void {
    this.#readable = readable;
  }

  send(socket: RtpSocket, packet: Uint8Array, size: number, destination: RtpDestination): boolean {
    const from = this.#sockets.get(socket);
    if (from === undefined) return false;
    from.send(packet.subarray(0, size), { address: destination.address, port: destination.udpPort });
    return true;
  }

  shutdown(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#arrived = [];
  }

  /** One call of `readable` until the next `poll`, as an event loop would. */
  #receive(one: Arrived): void {
    this.#arrived.push(one);
    if (this.#isTold) return;
    this.#isTold = true;
    this.#readable();
  }
}
