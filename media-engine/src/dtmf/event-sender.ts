/** Signatures; see below. */

/** One telephone-event packet to send: the loop fills in sequence number, SSRC and payload type. */
export interface EventPacket {
  marker: boolean;
  /** Stays at the start of the press for all packets of it (RFC 4733 §2.5.1.1). */
  rtpTimestamp: number;
  /** Four bytes. */
  readonly payload: Uint8Array;
}

/**
 * `event`: send `out` instead of audio. `audio`: nothing to send of ours, audio goes on (also in gaps and pauses).
 */
export type EventStep = "event" | "audio";

export interface EventSender {
  /** Throws CodedError `invalid_request` for anything but `0-9A-D*#wW` or a duration that no event can carry. */
  enqueue(digits: string, durationMs: number): void;
  /**
   * Once a packet time; `rtpTimestamp` is the one audio would carry now, in the event's clock. Never allocates, never throws.
   */
  poll(rtpTimestamp: number, out: EventPacket): EventStep;
  readonly isIdle: boolean;
  /** How many `enqueue`s were sent to their end since the last time asked: one `digitsSent` each. */
  takeCompleted(): number;
  clear(): void;
}

export declare function makeEventSender(options: { clockRateHz: number; packetMs: number }): EventSender;
export declare function makeEventPacket(): EventPacket;
