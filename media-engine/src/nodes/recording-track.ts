/**
 * One direction of a recording on the recording's time line. Packets are placed by their RTP timestamps, so that spacing is
 * exact, order does not matter and a gap is silence; the time line itself is the clock of arrival, towards which a sender's
 * drifting clock is pulled sample by sample. Positions are samples since the recording began.
 */
export const RECORD_RATE_HZ = 8000;
const PER_MS = RECORD_RATE_HZ / 1000;

/** Two seconds, a power of two. */
const WINDOW = 1 << 14;
/** A new sequence of timestamps goes on where the last one ended if that is no further from its arrival than this. */
const JOIN = 120 * PER_MS;
/** Audio cannot arrive before it is spoken: this far ahead of its arrival a timestamp has jumped. */
const AHEAD = 200 * PER_MS;
/** A timestamp behind its arrival by more than this for `BEHIND_MS` is no burst after a standstill but a jump. */
const BEHIND = 400 * PER_MS;
const BEHIND_MS = 100;
/** Frames come off our own clock: further off than this some were skipped. */
const SKIPPED = 60 * PER_MS;
/** Drift is corrected when the smoothed distance to the arrival clock exceeds this. */
const DEADBAND = 20 * PER_MS;
/** One sample in so many packets: 780 ppm at 20 ms, more than any clock is wrong by and too little to be heard. */
const PACKETS_PER_SLIP = 8;
const SMOOTHING = 1 / 64;
/** A hole as small as a correction makes is filled with the last sample. */
const TINY_HOLE = 4;

/** The source of frames, which no SSRC (32 bits, unsigned) can be. */
const FRAMES = 2 ** 32;
const NO_SOURCE = -1;

export class RecordingTrack {
  readonly #window = new Int16Array(WINDOW);
  /** Everything before is read and gone. */
  #read = 0;
  /** The end of the newest audio. */
  #head = 0;
  #source = NO_SOURCE;
  /** Position of `#anchorTimestamp`. */
  #anchor = 0;
  #anchorTimestamp = 0;
  #driftSmoothed = 0;
  #packetsSinceSlip = 0;
  #behindSinceMs = -1;
  #frameTimestamp = 0;

  /** Places the first `samples` of `pcm`, decoded from a packet with `rtpTimestamp` of `ssrc` that passed at `atMs` since the beginning. */
  placePacket(packet: { ssrc: number; rtpTimestamp: number; atMs: number }, pcm: Int16Array, samples: number): void {
    const arrival = Math.round(packet.atMs * PER_MS);
    let position = this.#positionOf(packet.rtpTimestamp);
    if (packet.ssrc !== this.#source) {
      this.#source = packet.ssrc;
      position = this.#anchorAt(
        Math.abs(this.#head - arrival) <= JOIN && this.#head > 0 ? this.#head : arrival,
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
    const isSkipped = this.#source === FRAMES && Math.abs(this.#head - atMs * PER_MS) > SKIPPED;
    if (isSkipped) this.#source = NO_SOURCE;
    this.#frameTimestamp += samples;
    this.placePacket({ ssrc: FRAMES, rtpTimestamp: this.#frameTimestamp - samples, atMs }, pcm, samples);
  }

  /** Copies positions `[read so far .. read so far + count)` to `out` and forgets them; what comes for them later is lost. */
  read(count: number, out: Int16Array): void {
    for (let i = 0; i < count; i++) {
      const slot = (this.#read + i) & (WINDOW - 1);
      out[i] = this.#window[slot]!;
      this.#window[slot] = 0;
    }
    this.#read += count;
  }

  #positionOf(rtpTimestamp: number): number {
    return this.#anchor + ((rtpTimestamp - this.#anchorTimestamp) | 0);
  }

  #anchorAt(position: number, rtpTimestamp: number): number {
    this.#anchor = position;
    this.#anchorTimestamp = rtpTimestamp;
    this.#driftSmoothed = 0;
    this.#behindSinceMs = -1;
    return position;
  }

  #hasJumped(ahead: number, atMs: number): boolean {
    if (ahead > AHEAD) return true;
    if (ahead > -BEHIND) {
      this.#behindSinceMs = -1;
      return false;
    }
    if (this.#behindSinceMs < 0) this.#behindSinceMs = atMs;
    return atMs - this.#behindSinceMs >= BEHIND_MS;
  }

  /** Moves the anchor, and so all that follows, a sample towards the clock of arrival. */
  #follow(ahead: number): void {
    this.#driftSmoothed += (ahead - this.#driftSmoothed) * SMOOTHING;
    this.#packetsSinceSlip++;
    if (Math.abs(this.#driftSmoothed) <= DEADBAND || this.#packetsSinceSlip < PACKETS_PER_SLIP) return;
    this.#packetsSinceSlip = 0;
    const by = this.#driftSmoothed > 0 ? -1 : 1;
    this.#anchor += by;
    this.#driftSmoothed += by;
  }

  #write(position: number, pcm: Int16Array, samples: number): void {
    const hole = position - this.#head;
    if (hole > 0 && hole <= TINY_HOLE && this.#head > this.#read) {
      const last = this.#window[(this.#head - 1) & (WINDOW - 1)]!;
      for (let i = this.#head; i < position; i++) this.#window[i & (WINDOW - 1)] = last;
    }
    const end = Math.min(position + samples, this.#read + WINDOW);
    for (let i = Math.max(position, this.#read); i < end; i++) this.#window[i & (WINDOW - 1)] = pcm[i - position]!;
    if (end > this.#head) this.#head = end;
  }
}
