/**
 * Telephone-events heard, RFC 4733 §2.5.2: one digit a press, whatever of it was lost. A press is known by its RTP
 * timestamp, which all its packets share; the marker and the end bit may never come.
 *
 *   first packet of a timestamp          a press, also without marker or when it is already an end
 *   same timestamp                       the same press: updates, retransmitted ends
 *   older timestamp                      a straggler of a press already told
 *   timestamp = start + 0xFFFF, no end   the next segment of a press that is longer than 16 bits (§2.5.1.3)
 *
 * Deviation: some senders count the timestamp up in every packet of a press. What follows within 60 ms with the same
 * digit, no marker and a longer duration is therefore the same press (and an end after an end, an equal one).
 */
import type { AudioPacket } from "../jitter/audio-packet.ts";
import { EVENT_DIGITS } from "./digits.ts";

const EVENT_BYTES = 4;
const END_BIT = 0x80;
const LONGEST_TICKS = 0xffff;
const CREEP_MS = 60;
/** A timestamp further back than this is no straggler: the sender began to count anew. */
const STRAGGLER_MS = 5000;

export class EventReceiver {
  readonly #ticksPerMs: number;
  #event = -1;
  #timestamp = 0;
  #durationTicks = 0;
  #hasEnded = false;

  constructor(clockRateHz: number) {
    this.#ticksPerMs = clockRateHz / 1000;
  }

  /** After a change of SSRC or far end. */
  reset(): void {
    this.#event = -1;
  }

  /** What the packet that was pushed last says of its press, ms. */
  get durationMs(): number {
    return this.#durationTicks / this.#ticksPerMs;
  }

  /**
   * The digit (`0-9A-D*#`) when this packet is the first one seen of a press, else "". Events above 15 (flash, fax, modem)
   * are no digits. Never allocates, never throws.
   */
  push(bytes: Uint8Array, packet: AudioPacket): string {
    const at = packet.payloadOffset;
    if (packet.payloadSize < EVENT_BYTES || at + EVENT_BYTES > bytes.length) return "";
    const event = bytes[at]!;
    if (event >= EVENT_DIGITS.length) return "";
    const hasEnd = (bytes[at + 1]! & END_BIT) !== 0;
    const duration = bytes[at + 2]! * 256 + bytes[at + 3]!;
    const ahead = this.#event < 0 ? 1 : (packet.rtpTimestamp - this.#timestamp) | 0;
    if (ahead < 0 && ahead > -STRAGGLER_MS * this.#ticksPerMs) return "";
    const isNew =
      this.#event < 0 ||
      (ahead !== 0 && (packet.marker || event !== this.#event || !this.#goesOn(ahead, duration, hasEnd)));
    // Of one press packets may come in any order: its longest duration counts.
    this.#durationTicks = ahead === 0 && !isNew ? Math.max(this.#durationTicks, duration) : duration;
    this.#hasEnded = hasEnd || (ahead === 0 && !isNew && this.#hasEnded);
    this.#event = event;
    this.#timestamp = packet.rtpTimestamp;
    return isNew ? EVENT_DIGITS.charAt(event) : "";
  }

  #goesOn(ahead: number, duration: number, hasEnd: boolean): boolean {
    if (ahead < 0) return false;
    if (ahead === LONGEST_TICKS) return !this.#hasEnded;
    if (ahead > CREEP_MS * this.#ticksPerMs) return false;
    return this.#hasEnded ? hasEnd && duration >= this.#durationTicks : duration > this.#durationTicks;
  }
}

export function makeEventReceiver(clockRateHz: number): EventReceiver {
  return new EventReceiver(clockRateHz);
}
