/**
 * One direction of a recording on the recording's time line. Packets are placed by their RTP timestamps, so that spacing is
 * exact, order does not matter and a gap is silence; the time line itself is the clock of arrival, towards which a sender's
 * drifting clock is pulled sample by sample. Positions are samples since the recording began.
 */
/** Two seconds at 8 kHz, a power of two. */
const WINDOW = 1 << 14;
/** A new sequence of timestamps goes on where the last one ended if that is no further from its arrival than this. */
const JOIN_MS = 120;
/** Audio cannot arrive before it is spoken: this far ahead of its arrival a timestamp has jumped. */
const AHEAD_MS = 200;
/** A timestamp behind its arrival by more than this for `BEHIND_FOR_MS` is no burst after a standstill but a jump. */
const BEHIND_MS = 400;
const BEHIND_FOR_MS = 100;
/** Frames come off our own clock: further off than this some were skipped. */
const SKIPPED_MS = 60;
/** Drift is corrected when the smoothed distance to the arrival clock exceeds this. */
const DEADBAND_MS = 20;
/** One sample in so many packets: 780 ppm at 20 ms, more than any clock is wrong by and too little to be heard. */
const PACKETS_PER_SLIP = 8;
const SMOOTHING = 1 / 64;
/** A hole as small as a correction makes is filled with the last sample. */
const TINY_HOLE = 4;

/** The source of frames, which no SSRC (32 bits, unsigned) can be. */
const FRAMES = 2 ** 32;
const NO_SOURCE = -1;

export interface PlacedPacket {
  readonly ssrc: number;
  readonly rtpTimestamp: number;
  /** Since the recording began. */
  readonly atMs: number;
  /** Of the recording, for one tick of the RTP clock. */
  readonly samplesPerTick: number;
}

export class RecordingTrack {
  readonly #perMs: number;
  readonly #window: Int16Array;
  /** Everything before is read and gone. */
  #read = 0;
  /** The end of the newest audio. */
  #head = 0;
  #source = NO_SOURCE;
  #samplesPerTick = 1;
  /** Position of `#anchorTimestamp`. */
  #anchor = 0;
  #anchorTimestamp = 0;
  #driftSmoothed = 0;
  #packetsSinceSlip = 0;
  #behindSinceMs = -1;
  #frameTimestamp = 0;

  constructor(rateHz: number) {
    this.#perMs = rateHz / 1000;
    this.#window = new Int16Array((WINDOW * rateHz) / 8000);
  }

  /** Places the first `samples` of `pcm`, decoded from a packet that passed at `atMs` since the beginning. */
  placePacket(packet: PlacedPacket, pcm: Int16Array, samples: number): void {
    const arrival = Math.round(packet.atMs * this.#perMs);
    if (packet.samplesPerTick !== this.#samplesPerTick) {
      // Another codec with another clock: its timestamps go on where the last ones ended.
      this.#samplesPerTick = packet.samplesPerTick;
      this.#source = NO_SOURCE;
    }
    let position = this.#positionOf(packet.rtpTimestamp);
    if (packet.ssrc !== this.#source) {
      this.#source = packet.ssrc;
      position = this.#anchorAt(
        Math.abs(this.#head - arrival) <= JOIN_MS * this.#perMs && this.#head > 0 ? this.#head : arrival,
        packet.rtpTimestamp,
      );
    } else if (this.#hasJumped(position - arrival, packet.atMs)) {
      position = this.#anchorAt(arrival, packet.rtpTimestamp);
    }
    this.#follow(position - arrival);
    this.#write(position, pcm, samples);
  }

  /** Places a frame of our own clock after the one before. */
  placeFrame(atMs: number, pcm: Int16Array, samples: number): void {
    const isSkipped = this.#source === FRAMES && Math.abs(this.#head - atMs * this.#perMs) > SKIPPED_MS * this.#perMs;
    if (isSkipped) this.#source = NO_SOURCE;
    this.#frameTimestamp += samples;
    const rtpTimestamp = this.#frameTimestamp - samples;
    this.placePacket({ ssrc: FRAMES, rtpTimestamp, atMs, samplesPerTick: 1 }, pcm, samples);
  }

  /** Copies positions `[read so far .. read so far + count)` to `out` and forgets them; what comes for them later is lost. */
  read(count: number, out: Int16Array): void {
    const mask = this.#window.length - 1;
    for (let i = 0; i < count; i++) {
      const slot = (this.#read + i) & mask;
      out[i] = this.#window[slot]!;
      this.#window[slot] = 0;
    }
    this.#read += count;
  }

  #positionOf(rtpTimestamp: number): number {
    return this.#anchor + Math.round(((rtpTimestamp - this.#anchorTimestamp) | 0) * this.#samplesPerTick);
  }

  #anchorAt(position: number, rtpTimestamp: number): number {
    this.#anchor = position;
    this.#anchorTimestamp = rtpTimestamp;
    this.#driftSmoothed = 0;
    this.#behindSinceMs = -1;
    return position;
  }

  #hasJumped(ahead: number, atMs: number): boolean {
    if (ahead > AHEAD_MS * this.#perMs) return true;
    if (ahead > -BEHIND_MS * this.#perMs) {
      this.#behindSinceMs = -1;
      return false;
    }
    if (this.#behindSinceMs < 0) this.#behindSinceMs = atMs;
    return atMs - this.#behindSinceMs >= BEHIND_FOR_MS;
  }

  /** Moves the anchor, and so all that follows, a sample towards the clock of arrival. */
  #follow(ahead: number): void {
    this.#driftSmoothed += (ahead - this.#driftSmoothed) * SMOOTHING;
    this.#packetsSinceSlip++;
    if (Math.abs(this.#driftSmoothed) <= DEADBAND_MS * this.#perMs || this.#packetsSinceSlip < PACKETS_PER_SLIP) return;
    this.#packetsSinceSlip = 0;
    const by = this.#driftSmoothed > 0 ? -1 : 1;
    this.#anchor += by;
    this.#driftSmoothed += by;
  }

  #write(position: number, pcm: Int16Array, samples: number): void {
    const window = this.#window;
    const mask = window.length - 1;
    const hole = position - this.#head;
    if (hole > 0 && hole <= TINY_HOLE && this.#head > this.#read) {
      const last = window[(this.#head - 1) & mask]!;
      for (let i = this.#head; i < position; i++) window[i & mask] = last;
    }
    const end = Math.min(position + samples, this.#read + window.length);
    for (let i = Math.max(position, this.#read); i < end; i++) window[i & mask] = pcm[i - position]!;
    if (end > this.#head) this.#head = end;
  }
}
