/** A graph on a network and a clock that tests move by hand. */
import { seededRandom } from "@voepy/base";
import { Graph } from "../src/graph/graph.ts";
import type { Port } from "../src/graph/port.ts";
import {
  makeEndpoint,
  type RtpDestination,
  type RtpIo,
  type RtpSink,
  type RtpSocket,
  readAddress,
} from "../src/io/rtp-io.ts";
import { HEADER_BYTES, makeHeader, readHeader, writeHeader } from "../src/rtp/header.ts";
import type { MediaEvent, PortParams } from "../src/types.ts";

export interface Heard {
  readonly atMs: number;
  readonly to: string;
  readonly seq: number;
  readonly rtpTimestamp: number;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** The whole datagram. */
  readonly bytes: Uint8Array;
}

interface Waiting {
  readonly socket: RtpSocket;
  readonly bytes: Uint8Array;
  readonly from: { readonly address: string; readonly udpPort: number };
}

export const TELEPHONE_EVENT = { txPayloadType: 101, rxPayloadType: 101, clockRateHz: 8000 };

/** Parameters of a PCMU leg whose far end is 198.51.100.1:`udpPort`. */
export function pcmuParams(udpPort: number, more: Partial<PortParams> = {}): PortParams {
  return {
    codec: "PCMU",
    txPayloadType: 0,
    rxPayloadType: 0,
    rtpClockHz: 8000,
    channels: 1,
    fmtp: "",
    ptimeMs: 20,
    telephoneEvent: TELEPHONE_EVENT,
    remote: { address: "198.51.100.1", udpPort },
    maySend: true,
    mayReceive: true,
    ...more,
  };
}

/** What a far end sends: sequence numbers and timestamps go on by themselves. */
export class FarEnd {
  seq = 100;
  rtpTimestamp = 5000;
  ssrc: number;
  readonly address: string;
  readonly udpPort: number;

  constructor(udpPort: number, address = "198.51.100.1") {
    this.udpPort = udpPort;
    this.address = address;
    this.ssrc = 0xabc00000 + udpPort;
  }

  packet(payload: Uint8Array, payloadType = 0, marker = false): Uint8Array {
    const bytes = new Uint8Array(HEADER_BYTES + payload.length);
    const { seq, rtpTimestamp, ssrc } = this;
    writeHeader({ ...makeHeader(), seq, rtpTimestamp, ssrc, payloadType, marker }, bytes);
    bytes.set(payload, HEADER_BYTES);
    this.seq = (this.seq + 1) & 0xffff;
    return bytes;
  }

  audio(payload: Uint8Array, payloadType = 0): Uint8Array {
    const bytes = this.packet(payload, payloadType);
    this.rtpTimestamp = (this.rtpTimestamp + payload.length) >>> 0;
    return bytes;
  }
}

export class Rig {
  nowMs = 1000;
  readonly graph: Graph;
  readonly events: MediaEvent[] = [];
  /** Everything sent, by the socket it left from. */
  readonly #sent = new Map<RtpSocket, Heard[]>();
  /** Off while memory is measured. */
  keepsSent = true;
  #waiting: Waiting[] = [];

  constructor(options: { mediaSilenceMs?: number } = {}) {
    this.graph = new Graph({
      io: this.#io(),
      clock: { nowMs: () => this.nowMs },
      random: seededRandom(7),
      mediaSilenceMs: options.mediaSilenceMs,
    });
  }

  /** A port whose socket has the number of its far end's port. */
  port(id: string, params: PortParams): Port {
    const port = this.graph.addPort({ id, socket: params.remote.udpPort, address: "192.0.2.1" });
    this.graph.setParams(port, params);
    return port;
  }

  arrive(port: Port, bytes: Uint8Array, from: { address: string; udpPort: number }): void {
    this.#waiting.push({ socket: port.socket, bytes, from: { address: from.address, udpPort: from.udpPort } });
    this.step();
  }

  step(): void {
    this.graph.step(0);
    this.events.push(...this.graph.takeEvents());
  }

  run(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.nowMs++;
      this.step();
    }
  }

  /** One packet of `who` every 20 ms. */
  speak(port: Port, who: FarEnd, payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) {
      this.arrive(port, who.audio(payload), who);
      this.run(20);
    }
  }

  /** All that was sent to the far end of `port`. */
  sentBy(port: Port): readonly Heard[] {
    return this.#sent.get(port.socket) ?? [];
  }

  #io(): RtpIo {
    const header = makeHeader();
    const packet = new Uint8Array(2048);
    const source = makeEndpoint();
    return {
      waits: false,
      open: () => Promise.reject(new Error("ports are added by hand")),
      udpPortOf: (socket) => socket,
      close: () => undefined,
      poll: (_waitMs: number, sink: RtpSink) => {
        if (this.#waiting.length === 0) return 0;
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const { socket, bytes, from } of waiting) {
          packet.set(bytes);
          readAddress(from.address, source);
          source.udpPort = from.udpPort;
          sink(socket, packet, bytes.length, source);
        }
        return waiting.length;
      },
      onReadable: () => undefined,
      send: (socket: RtpSocket, bytes: Uint8Array, size: number, to: RtpDestination) => {
        if (!this.keepsSent) return true;
        readHeader(bytes, size, header);
        const { seq, rtpTimestamp, ssrc, payloadType, marker } = header;
        const payload = bytes.slice(HEADER_BYTES, size);
        const sent = this.#sent.get(socket) ?? [];
        this.#sent.set(socket, sent);
        sent.push({
          atMs: this.nowMs,
          to: `${to.address}:${to.udpPort}`,
          seq,
          rtpTimestamp,
          ssrc,
          payloadType,
          marker,
          payload,
          bytes: bytes.slice(0, size),
        });
        return true;
      },
      shutdown: () => undefined,
    };
  }
}
