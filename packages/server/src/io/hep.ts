/**
 * Sends SIP messages to a HEP collector over UDP. Nothing waits for it: what cannot leave at once, because the name does
 * not resolve yet or the socket's queue is full, is dropped and counted.
 */
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { type Clock, type Log, messageOf, type Timer } from "@voepy/base";
import type { TracedMessage } from "@voepy/sip-stack";
import { type HepIdentity, makeHepPacket } from "../hep-packet.ts";

export interface HepOptions extends HepIdentity {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HepSender {
  send(message: TracedMessage): void;
  /** `refused`: reports of the network that the collector does not listen. */
  counters(): { readonly sent: number; readonly dropped: number; readonly refused: number };
  close(): Promise<void>;
}

const MOST_QUEUED_BYTES = 1024 * 1024;
const RETRY_MS = 30_000;

/** Opens in the background; a collector that is not there is tried again every 30 s. */
export function startHep(options: HepOptions): HepSender {
  const sender = new UdpHep(options);
  sender.open();
  return sender;
}

class UdpHep implements HepSender {
  readonly #options: HepOptions;
  #socket: Socket | undefined;
  #retry: Timer | undefined;
  #opening: Promise<void> = Promise.resolve();
  #isClosed = false;
  #sent = 0;
  #dropped = 0;
  #refused = 0;

  constructor(options: HepOptions) {
    this.#options = options;
  }

  open(): void {
    const { host, port, clock, log } = this.#options;
    this.#opening = connect(host, port).then(
      (socket) => {
        // ICMP tells that nobody listens there; the next packet may find the collector up again.
        socket.on("error", () => (this.#refused += 1));
        this.#socket = socket;
      },
      (thrown: unknown) => {
        log.warn("HEP collector cannot be reached", { host, port, why: messageOf(thrown) });
        if (!this.#isClosed) this.#retry = clock.schedule(clock.nowMs() + RETRY_MS, () => this.open());
      },
    );
  }

  send(message: TracedMessage): void {
    const socket = this.#socket;
    const packet =
      socket === undefined || this.#isClosed || socket.getSendQueueSize() > MOST_QUEUED_BYTES
        ? undefined
        : makeHepPacket(message, this.#options);
    if (socket === undefined || packet === undefined) {
      this.#dropped += 1;
      return;
    }
    socket.send(packet, (error) => {
      if (error) this.#dropped += 1;
      else this.#sent += 1;
    });
  }

  counters(): { sent: number; dropped: number; refused: number } {
    return { sent: this.#sent, dropped: this.#dropped, refused: this.#refused };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retry?.cancel();
    await this.#opening;
    const socket = this.#socket;
    if (socket !== undefined) await new Promise<void>((done) => socket.close(() => done()));
  }
}

async function connect(host: string, port: number): Promise<Socket> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  await new Promise<void>((done, fail) => {
    socket.once("error", fail);
    socket.connect(port, address, () => {
      socket.off("error", fail);
      done();
    });
  }).catch((thrown: unknown) => {
    socket.close();
    throw thrown;
  });
  return socket;
}
