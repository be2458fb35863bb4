/**
 * What goes out to a fork's peer: media as long as the peer takes it, at most a second of it waiting, the oldest dropped first;
 * and words that are never dropped.
 */
import type { FiguresWriter } from "./figures.ts";
import type { ForkMessage, ForkSocket } from "./socket.ts";

/** Frames of a track that wait here: with those given to the socket, a second. */
const MOST_WAITING = 42;
/** Frames of usual size given to the socket before it has sent them. */
const MOST_GIVEN = 8;
/** Words waiting for a peer that does not read: it is given up. */
const MOST_WORDS = 2000;

/** Written down only when it is sent, so that what is sent is numbered without a gap. */
type MakeMessage = () => ForkMessage | undefined;

export class Outbox {
  readonly #socket: ForkSocket;
  readonly #figures: FiguresWriter;
  readonly #mostWaiting: number;
  readonly #media: MakeMessage[] = [];
  readonly #words: ForkMessage[] = [];
  /** The last frame's. */
  #frameBytes = 256;

  constructor(socket: ForkSocket, figures: FiguresWriter, tracks: number) {
    this.#mostWaiting = tracks * MOST_WAITING;
    this.#socket = socket;
    this.#figures = figures;
  }

  say(words: ForkMessage | undefined): void {
    if (words === undefined) return;
    this.#words.push(words);
    if (this.#words.length > MOST_WORDS) this.#socket.close();
    this.pump();
  }

  media(make: MakeMessage): void {
    this.#media.push(make);
    this.pump();
    if (this.#media.length <= this.#mostWaiting) return;
    this.#media.shift();
    this.#figures.countDropped();
  }

  /** Sends what the socket has room for. */
  pump(): void {
    const socket = this.#socket;
    const room = MOST_GIVEN * this.#frameBytes;
    while (this.#words.length > 0 && socket.queuedBytes() < room) socket.send(this.#words.shift() ?? "");
    while (this.#media.length > 0 && socket.queuedBytes() < room) {
      const message = this.#media.shift()?.();
      this.#figures.countSent();
      if (message === undefined) continue;
      this.#frameBytes = message.length;
      socket.send(message);
    }
  }
}
