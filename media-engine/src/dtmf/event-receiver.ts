/** Signatures; see below. */
import type { AudioPacket } from "../jitter/audio-packet.ts";

export interface EventReceiver {
  /**
   * The digit (`0-9A-D*#`) when this packet is the first one seen of a press, else "". Never allocates, never throws.
   */
  push(bytes: Uint8Array, packet: AudioPacket): string;
  /** What the last pushed packet says, ms. */
  readonly durationMs: number;
  /** After a change of SSRC or far end. */
  reset(): void;
}
export declare function makeEventReceiver(clockRateHz: number): EventReceiver;
