/**
 * Signatures; see below. What the media loop calls: copies what passes to a ring in shared memory which the recorder's
 * thread empties. Give it *packets* in both directions wherever there are packets, on the relay and on the frames
 * path alike: rx as they arrive, tx as they are sent. Then a switch of path cannot be seen in a recording. Frames are for
 * what has no packets. Telephone-events and comfort noise are not for it.
 */
import type { AudioPacket } from "../jitter/audio-packet.ts";
import type { MediaCodecName } from "../types.ts";

/** All times: monotonic ms of one clock, the same for all calls on one tap. */
export interface RecorderTap {
  rxCodec: MediaCodecName;
  txCodec: MediaCodecName;
  /** Never allocates, never throws; when the ring is full the packet is dropped and counted. */
  rxPacket(bytes: Uint8Array, packet: AudioPacket, atMs: number): void;
  txPacket(bytes: Uint8Array, packet: AudioPacket, atMs: number): void;
  /** PCM at 8 kHz. */
  rxFrame(frame: Int16Array, atMs: number): void;
  txFrame(frame: Int16Array, atMs: number): void;
  /** The recorder finishes the file when it has read up to here. */
  close(reason: "stopped" | "legClosed", atMs: number): void;
  readonly dropped: number;
}

/** The ring of one recording, shared by the tap and the recorder. */
export declare function makeRecorderRing(): SharedArrayBuffer;
export declare function makeRecorderTap(ring: SharedArrayBuffer, startMs: number): RecorderTap;
