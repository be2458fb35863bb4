/**
 * The receiving end of a port: packets in as they arrive, one frame out a tick. Jitter buffer, decoder, concealment and
 * small corrections of delay in one; the loop needs nothing else.
 */
import type { Codec } from "../codec/codec.ts";
import type { AudioPacket } from "./audio-packet.ts";

/** What a pulled frame is made of: heard audio, audio guessed over a loss, or nothing. */
export type PulledFrame = "audio" | "concealed" | "silence";

export interface AudioReceiverFigures {
  /** Packets that came after their turn, twice, or in excess of the longest delay. */
  discarded: number;
  /** Frames with guessed audio in them. */
  concealedFrames: number;
  /** The delay aimed at now, ms. */
  targetMs: number;
}

export interface AudioReceiver {
  /** Copies the payload. Packets of another payload type than audio must not come here. Never allocates, never throws. */
  push(bytes: Uint8Array, packet: AudioPacket): void;
  /**
   * Once a tick: writes the next `out.length` samples (one frame at the codec's rate). Always fills `out`.
   * Never allocates, never throws.
   */
  pull(out: Int16Array): PulledFrame;
  /** Forgets all audio: after a change of path, codec or far end. */
  reset(): void;
  readonly figures: Readonly<AudioReceiverFigures>;
}

export declare function makeAudioReceiver(codec: Codec): AudioReceiver;
