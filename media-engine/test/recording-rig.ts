/** A recorder over files in memory, a tap, and time by hand. */
import { pcmu } from "../src/codec/pcmu.ts";
import { makeMp3Encoder } from "../src/io/mp3-encoder.ts";
import { Recorder, type RecorderEvent } from "../src/nodes/recorder.ts";
import { makeRecorderRing, RecorderTap } from "../src/nodes/recorder-tap.ts";
import type { PartFile, RecordingFiles } from "../src/nodes/recording-file.ts";
import type { RecordingRequest } from "../src/types.ts";

/** Files in memory; once `failAt` bytes were written in all, a write throws as on a full disk. */
export class MemoryFiles implements RecordingFiles {
  readonly published = new Map<string, Uint8Array>();
  readonly parts = new Map<string, { sizeBytes: number }>();
  failAt = Number.POSITIVE_INFINITY;
  #written = 0;

  createPart(path: string, suffix: string): PartFile {
    let bytes = new Uint8Array(4096);
    const name = `${path}${suffix}`;
    const state = { sizeBytes: 0 };
    this.parts.set(name, state);
    const patch = (position: number, from: Uint8Array): void => {
      this.#written += from.length;
      if (this.#written > this.failAt) throw new Error("ENOSPC: no space left on device, write");
      state.sizeBytes = Math.max(state.sizeBytes, position + from.length);
      if (state.sizeBytes > bytes.length) {
        const larger = new Uint8Array(2 * state.sizeBytes);
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(from, position);
    };
    return {
      append: (from) => patch(state.sizeBytes, from),
      patch,
      read(position, out) {
        const found = bytes.subarray(position, Math.min(position + out.length, state.sizeBytes));
        out.set(found);
        return found.length;
      },
      get sizeBytes() {
        return state.sizeBytes;
      },
      publish: () => {
        this.parts.delete(name);
        this.published.set(path, bytes.slice(0, state.sizeBytes));
      },
      leave: () => undefined,
      discard: () => this.parts.delete(name),
    };
  }
}

export interface SentAudio {
  readonly atMs: number;
  readonly pcm: Int16Array;
  readonly rtpTimestamp: number;
  readonly ssrc?: number;
  readonly seq?: number;
}

const bytes = new Uint8Array(1024);

/** Hands one packet of PCMU to the tap. */
export function tapPacket(tap: RecorderTap, side: "rx" | "tx", audio: SentAudio): void {
  const size = pcmu.makeEncoder().encode(audio.pcm, 12, bytes);
  const packet = {
    seq: audio.seq ?? 0,
    rtpTimestamp: audio.rtpTimestamp >>> 0,
    ssrc: audio.ssrc ?? 1,
    payloadType: 0,
    marker: false,
    payloadOffset: 12,
    payloadSize: size,
  };
  if (side === "rx") tap.rxPacket(bytes, packet, audio.atMs);
  else tap.txPacket(bytes, packet, audio.atMs);
}

export async function makeRecordingRig() {
  const files = new MemoryFiles();
  const events: RecorderEvent[] = [];
  const recorder = new Recorder(files, await makeMp3Encoder(), (event) => events.push(event));
  return {
    files,
    events,
    recorder,
    start(request: Partial<RecordingRequest> = {}, startMs = 0, rateHz = 8000): RecorderTap {
      const ring = makeRecorderRing();
      recorder.start({ recording: "rec", path: "/r/a.wav", format: "wav", channels: "dual", ...request }, ring);
      return new RecorderTap(ring, startMs, rateHz);
    },
    /** The samples of a finished WAV file, by channel. */
    channelsOf(path = "/r/a.wav"): Int16Array[] {
      const file = files.published.get(path);
      if (file === undefined) throw new Error(`${path} was not published`);
      const view = new DataView(file.buffer);
      const count = view.getUint16(22, true);
      const steps = (file.length - 44) / 2 / count;
      return Array.from({ length: count }, (_, channel) =>
        Int16Array.from({ length: steps }, (_step, i) => view.getInt16(44 + (i * count + channel) * 2, true)),
      );
    },
  };
}
