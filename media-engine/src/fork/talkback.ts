/**
 * What a fork's peer wants heard: audio in any pieces at any speed, files, and marks between them, in one queue. Audio is kept
 * as it came and decoded when its turn is near; the ring to the media loop is only kept filled a little ahead. Serves
 * both senders that keep time, for whom it holds back a small cushion, and those that send a whole utterance at once.
 */
import { type Decoder, findCodec } from "../codec/codec.ts";
import type { ForkFormat } from "../types.ts";
import { FRAME_MS } from "./frame-coder.ts";
import { Lead } from "./lead.ts";
import { RateChanger } from "./rate-changer.ts";
import type { TalkbackWriter } from "./talkback-ring.ts";

/** Queued in all: ten minutes, and bytes. */
const MOST_QUEUED_MS = 600_000;
const MOST_QUEUED_BYTES = 32 * 1024 * 1024;
const MOST_FILES = 64;
const MOST_MARKS = 10_000;
/** Pieces: twice what ten minutes of 20 ms are. */
const MOST_ENTRIES = 60_000;
/** Kept in the ring, ms: what a late thread may be late by. */
const AHEAD_MS = 120;
/** Held back before each utterance, ms; more for a sender that has let it run dry, until it does better. */
const CUSHION_MS = { first: 20, step: 20, most: 100 };
/** Audio that comes so soon after the queue ran dry should have been there, ms. */
const DRY_MS = 200;
const PACKET_SAMPLES = 5760;

/** Resolves mono PCM at `rateHz`. Rejects for what is no sound. */
export type DecodeFile = (bytes: Uint8Array, rateHz: number) => Promise<Int16Array>;

export interface Mark {
  readonly name: string;
  /** `playback`: the end of a sound that was given an id. */
  readonly of: "mark" | "playback";
}

type Entry =
  | { readonly type: "audio"; readonly bytes: Uint8Array; readonly format: ForkFormat; at: number }
  | { readonly type: "file"; pcm: Int16Array | undefined; rateHz: number; at: number }
  | { readonly type: "mark"; readonly mark: Mark };

export class Talkback {
  readonly #writer: TalkbackWriter;
  readonly #decodeFile: DecodeFile;
  /** A file that could not be decoded, or is too long. */
  readonly #onBadFile: () => void;
  #entries: Entry[] = [];
  /** Marks whose audio is in the ring, and where it ends. */
  #reached: { readonly mark: Mark; readonly position: number }[] = [];
  #queuedMs = 0;
  #queuedBytes = 0;
  #isPlaying = false;
  /** When what has come begins to play, unless the cushion is full before; undefined: nothing waits to. */
  #startMs: number | undefined;
  #cushionMs = CUSHION_MS.first;
  #dryMs = Number.NEGATIVE_INFINITY;
  readonly #lead = new Lead();
  #decoder: { readonly decoder: Decoder; readonly rateHz: number; readonly format: ForkFormat } | undefined;
  #rates: RateChanger | undefined;
  readonly #pcm = new Int16Array(PACKET_SAMPLES);

  constructor(writer: TalkbackWriter, decodeFile: DecodeFile, onBadFile: () => void) {
    this.#writer = writer;
    this.#decodeFile = decodeFile;
    this.#onBadFile = onBadFile;
  }

  /** Sound still to be heard, ms. */
  get queuedMs(): number {
    const { rateHz, queued } = this.#writer;
    return Math.round(this.#queuedMs + (rateHz === 0 ? 0 : (queued * 1000) / rateHz));
  }

  /** False: the queue is full and this was not taken. Keeps `bytes`. */
  audio(bytes: Uint8Array, format: ForkFormat, nowMs: number): boolean {
    const ms = durationMs(bytes.length, format);
    if (this.#entries.length >= MOST_ENTRIES) return false;
    if (this.#queuedMs + ms > MOST_QUEUED_MS || this.#queuedBytes + bytes.length > MOST_QUEUED_BYTES) return false;
    this.#queuedBytes += bytes.length;
    this.#queuedMs += ms;
    this.#lead.received(ms);
    this.#entries.push({ type: "audio", bytes, format, at: 0 });
    this.#wake(nowMs);
    return true;
  }

  /** A whole file, of any kind that can be played. False: the queue is full. */
  file(bytes: Uint8Array, nowMs: number): boolean {
    if (this.#entries.filter(({ type }) => type === "file").length >= MOST_FILES) return false;
    if (this.#queuedBytes + bytes.length > MOST_QUEUED_BYTES) return false;
    const rateHz = this.#writer.rateHz || 8000;
    const entry: Entry = { type: "file", pcm: undefined, rateHz, at: 0 };
    this.#entries.push(entry);
    this.#decodeFile(bytes, rateHz).then(
      (pcm) => {
        const ms = (pcm.length * 1000) / rateHz;
        // Cleared meanwhile: it is in no queue any more.
        if (!this.#entries.includes(entry)) return;
        if (this.#queuedMs + ms > MOST_QUEUED_MS) return this.#leaveOut(entry);
        entry.pcm = pcm;
        this.#queuedMs += ms;
      },
      () => this.#leaveOut(entry),
    );
    this.#wake(nowMs);
    return true;
  }

  /** Comes back from `step` when all that was queued before has been played. False: too many wait. */
  mark(mark: Mark): boolean {
    if (this.#entries.length + this.#reached.length >= MOST_MARKS) return false;
    this.#entries.push({ type: "mark", mark });
    return true;
  }

  /** Drops all audio. Returns the marks that waited for it, in order. */
  clear(): Mark[] {
    const marks = this.clearMarks();
    this.#entries = [];
    this.#queuedMs = 0;
    this.#queuedBytes = 0;
    this.#isPlaying = false;
    this.#startMs = undefined;
    this.#dryMs = Number.NEGATIVE_INFINITY;
    this.#writer.flush();
    return marks;
  }

  /** Drops all marks. Returns them in order. */
  clearMarks(): Mark[] {
    const marks = [
      ...this.#reached.map(({ mark }) => mark),
      ...this.#entries.flatMap((entry) => (entry.type === "mark" ? [entry.mark] : [])),
    ];
    this.#entries = this.#entries.filter(({ type }) => type !== "mark");
    this.#reached = [];
    return marks;
  }

  /** Every few milliseconds, and when something has come: fills the ring. Returns the marks that were reached, in order. */
  step(nowMs: number): Mark[] {
    const { rateHz } = this.#writer;
    if (rateHz > 0) this.#advance(nowMs, rateHz);
    const done = this.#reached.findIndex(({ position }) => !this.#writer.hasPlayed(position));
    return this.#reached.splice(0, done < 0 ? this.#reached.length : done).map(({ mark }) => mark);
  }

  #leaveOut(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#onBadFile();
  }

  #wake(nowMs: number): void {
    if (this.#isPlaying || this.#startMs !== undefined) return;
    const isLate = nowMs - this.#dryMs < DRY_MS;
    const next = this.#cushionMs + (isLate ? CUSHION_MS.step : -CUSHION_MS.step);
    this.#cushionMs = Math.min(CUSHION_MS.most, Math.max(CUSHION_MS.first, next));
    this.#startMs = nowMs + this.#cushionMs;
  }

  #advance(nowMs: number, rateHz: number): void {
    if (!this.#isPlaying && this.#startMs !== undefined) {
      if (nowMs < this.#startMs && this.#queuedMs < FRAME_MS + this.#cushionMs) return;
      this.#isPlaying = true;
      this.#startMs = undefined;
      this.#lead.begin(nowMs);
    }
    if (this.#isPlaying) this.#lead.step(nowMs, this.queuedMs, this.#cushionMs);
    const enough = (rateHz * AHEAD_MS) / 1000;
    while (this.#writer.queued < enough) {
      const first = this.#entries[0];
      if (first === undefined || !this.#drain(first, rateHz)) break;
    }
    if (!this.#isPlaying || this.#entries.length > 0 || this.#writer.queued > 0) return;
    this.#isPlaying = false;
    this.#dryMs = nowMs;
  }

  /** Moves a piece of the first entry on. False: it has to be waited for. */
  #drain(entry: Entry, rateHz: number): boolean {
    if (entry.type === "mark") {
      this.#reached.push({ mark: entry.mark, position: this.#writer.position });
      this.#entries.shift();
      return true;
    }
    const done = entry.type === "audio" ? this.#drainAudio(entry, rateHz) : this.#drainFile(entry, rateHz);
    if (done === undefined) return false;
    if (done) this.#entries.shift();
    return true;
  }

  #drainAudio(entry: Extract<Entry, { type: "audio" }>, rateHz: number): boolean {
    const { bytes, format } = entry;
    const size = Math.min(bytes.length - entry.at, pieceBytes(format, bytes.length));
    const { decoder, rateHz: fromHz } = this.#decoderOf(format);
    const count = decoder.decode(bytes, entry.at, size, this.#pcm);
    const isLeftOut = this.#lead.leavesOut(this.#pcm, count, durationMs(size, format));
    if (!isLeftOut) this.#write(this.#pcm, count, { fromHz, toHz: rateHz });
    entry.at += size;
    this.#queuedBytes -= size;
    this.#queuedMs = Math.max(0, this.#queuedMs - durationMs(size, format));
    return entry.at >= bytes.length;
  }

  #drainFile(entry: Extract<Entry, { type: "file" }>, rateHz: number): boolean | undefined {
    const { pcm } = entry;
    if (pcm === undefined) return undefined;
    const piece = pcm.subarray(entry.at, entry.at + (entry.rateHz * FRAME_MS) / 1000);
    this.#write(piece, piece.length, { fromHz: entry.rateHz, toHz: rateHz });
    entry.at += piece.length;
    this.#queuedMs = Math.max(0, this.#queuedMs - (piece.length * 1000) / entry.rateHz);
    return entry.at >= pcm.length;
  }

  #write(pcm: Int16Array, count: number, { fromHz, toHz }: { fromHz: number; toHz: number }): void {
    if (fromHz === toHz) {
      this.#writer.write(pcm, count);
      return;
    }
    if (this.#rates?.fromHz !== fromHz || this.#rates.toHz !== toHz) this.#rates = new RateChanger(fromHz, toHz);
    const made = this.#rates.change(pcm, count);
    this.#writer.write(made, made.length);
  }

  #decoderOf(format: ForkFormat): { readonly decoder: Decoder; readonly rateHz: number } {
    if (this.#decoder?.format !== format) this.#decoder = { ...makeDecoder(format), format };
    return this.#decoder;
  }
}

/** Throws for a codec this machine does not have. */
export function makeDecoder(format: ForkFormat): { decoder: Decoder; rateHz: number } {
  if (format.codec === "L16") {
    return { decoder: format.l16ByteOrder === "be" ? l16BigEndian : l16LittleEndian, rateHz: format.sampleRateHz };
  }
  const codec = findCodec(format.codec);
  if (codec === undefined) throw new Error(`this machine has no ${format.codec} codec`);
  return { decoder: codec.makeDecoder(), rateHz: codec.sampleRateHz };
}

const l16LittleEndian: Decoder = {
  decode(bytes, offset, size, out) {
    const count = Math.min(size >> 1, out.length);
    for (let i = 0; i < count; i++) out[i] = bytes[offset + 2 * i]! | (bytes[offset + 2 * i + 1]! << 8);
    return count;
  },
};

const l16BigEndian: Decoder = {
  decode(bytes, offset, size, out) {
    const count = Math.min(size >> 1, out.length);
    for (let i = 0; i < count; i++) out[i] = (bytes[offset + 2 * i]! << 8) | bytes[offset + 2 * i + 1]!;
    return count;
  },
};

/** How much is decoded at once: 20 ms, of Opus the packet that a message is. */
function pieceBytes(format: ForkFormat, whole: number): number {
  if (format.codec === "OPUS") return whole;
  return format.codec === "L16" ? (format.sampleRateHz / 50) * 2 : 160;
}

/** Of Opus, whose packets tell it only when they are decoded, the usual 20 ms a message. */
function durationMs(bytes: number, format: ForkFormat): number {
  if (format.codec === "OPUS") return FRAME_MS;
  return format.codec === "L16" ? (bytes * 500) / format.sampleRateHz : bytes / 8;
}
