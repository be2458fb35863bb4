/**
 * Digits as telephone-events, RFC 4733 §2.5.1. Polled once per packet time, without clock, socket or sequence number of
 * its own. A press of 60 ms that begins at timestamp 8000, then a gap, at 8 kHz and 20 ms a packet:
 *
 *   poll  audio at  sends   marker  timestamp  duration  end
 *     0     8000    event     1       8000       160      0
 *     1     8160    event     0       8000       320      0
 *     2     8320    event     0       8000       480      1   the whole duration, exactly
 *     3     8480    event     0       8000       480      1   and twice more, §2.5.1.4: only the end is repeated
 *     4     8640    event     0       8000       480      1
 *     5     8800    audio                                     until 80 ms after the end of the press (8000 + 480 + 640)
 *     6     8960    audio
 *     7     9120    event     1       9120       160      0   the next one
 */
import { GAP_MS, type Press, parsePresses } from "./digits.ts";

/** One telephone-event packet to send: the loop adds sequence number, SSRC and payload type. */
export interface EventPacket {
  marker: boolean;
  /** That of the press's start in all its packets (RFC 4733 §2.2); its 32 bits. */
  rtpTimestamp: number;
  readonly payload: Uint8Array;
}

/** `event`: send `out` instead of audio. `audio`: audio goes as usual, also in gaps and pauses. */
export type EventStep = "event" | "audio";

/** -10 dBm0, what most senders say. Six bits (RFC 4733 §2.3.3). */
const VOLUME = 10;
const END_BIT = 0x80;
/** RFC 4733 §2.5.1.4: "a total of three times". */
const END_PACKETS = 3;
const LONGEST_TICKS = 0xffff;

export function makeEventPacket(): EventPacket {
  return { marker: false, rtpTimestamp: 0, payload: new Uint8Array(4) };
}

export class EventSender {
  readonly #ticksPerMs: number;
  readonly #packetTicks: number;
  #queue: Press[] = [];
  #current: Press | undefined;
  #pressTicks = 0;
  #startTimestamp = 0;
  /** Since the press or pause began. */
  #elapsedTicks = 0;
  #endsSent = 0;
  #completed = 0;

  constructor(options: { readonly clockRateHz: number; readonly packetMs: number }) {
    this.#ticksPerMs = options.clockRateHz / 1000;
    this.#packetTicks = options.packetMs * this.#ticksPerMs;
  }

  /** `w` waits 500 ms, `W` 1 s. Throws CodedError `invalid_request` for anything but `0-9A-D*#wW` or a duration outside 1–8000 ms. */
  enqueue(digits: string, durationMs: number): void {
    this.#queue.push(...parsePresses(digits, durationMs));
  }

  get isIdle(): boolean {
    return this.#current === undefined && this.#queue.length === 0;
  }

  /** How many `enqueue`s were sent to their end since this was asked last: one `digitsSent` each. */
  takeCompleted(): number {
    const completed = this.#completed;
    this.#completed = 0;
    return completed;
  }

  clear(): void {
    this.#queue = [];
    this.#current = undefined;
  }

  /**
   * Once a packet time; `rtpTimestamp` is the one audio would carry now, in the event's clock.
   * Never allocates, never throws.
   */
  poll(rtpTimestamp: number, out: EventPacket): EventStep {
    if (this.#current !== undefined && this.#isOver(this.#current)) this.#finish(this.#current);
    while (this.#current === undefined) {
      const next = this.#queue.shift();
      if (next === undefined) return "audio";
      this.#begin(next, rtpTimestamp);
      if (this.#isOver(next)) this.#finish(next);
    }
    this.#elapsedTicks += this.#packetTicks;
    if (this.#current.event < 0 || this.#endsSent === END_PACKETS) return "audio";
    this.#write(this.#current.event, out);
    return "event";
  }

  #begin(press: Press, rtpTimestamp: number): void {
    this.#current = press;
    this.#pressTicks = Math.min(LONGEST_TICKS, Math.round(press.durationMs * this.#ticksPerMs));
    this.#startTimestamp = rtpTimestamp;
    this.#elapsedTicks = 0;
    this.#endsSent = 0;
  }

  /** A press is over when its gap is, a pause when its time is. The three end packets are sent in any case. */
  #isOver(press: Press): boolean {
    if (press.event < 0) return this.#elapsedTicks >= this.#pressTicks;
    return this.#endsSent === END_PACKETS && this.#elapsedTicks >= this.#pressTicks + GAP_MS * this.#ticksPerMs;
  }

  #finish(press: Press): void {
    if (press.isLast) this.#completed++;
    this.#current = undefined;
  }

  /**
   *    0                   1                   2                   3
   *    |     event     |E|R| volume    |          duration             |   RFC 4733 §2.3
   */
  #write(event: number, out: EventPacket): void {
    const isEnd = this.#elapsedTicks >= this.#pressTicks;
    const duration = isEnd ? this.#pressTicks : this.#elapsedTicks;
    // The marker belongs to the first packet of an event alone (RFC 4733 §2.2).
    out.marker = this.#elapsedTicks === this.#packetTicks;
    out.rtpTimestamp = this.#startTimestamp;
    out.payload[0] = event;
    out.payload[1] = (isEnd ? END_BIT : 0) | VOLUME;
    out.payload[2] = duration >> 8;
    out.payload[3] = duration & 0xff;
    if (isEnd) this.#endsSent++;
  }
}

export function makeEventSender(options: { readonly clockRateHz: number; readonly packetMs: number }): EventSender {
  return new EventSender(options);
}
