/**
 * Who may send to a leg and where the leg sends: the address SDP named, or, behind a NAT, one learned from packets.
 * Strangers must neither inject nor be sent to ("RTP bleed"), so after each change of parameters
 *
 * - the named address is taken at its first fitting packet and is then final;
 * - another is learned at most once, only in the first seconds, only while nobody rightful has sent, and only after it
 *   has kept sending one steady stream for a while: short where SDP names an address that cannot be reached from
 *   elsewhere (RFC 1918), longer otherwise, which leaves the named one time to speak first;
 * - a learned address gives way to the named one, once;
 * - everything else is foreign: counted, not heard, never answered.
 */
import {
  copyEndpoint,
  destinationOf,
  isIpv4Endpoint,
  makeEndpoint,
  type RtpDestination,
  type RtpEndpoint,
  sameAddress,
  sameEndpoint,
} from "../io/rtp-io.ts";
import type { AudioPacket } from "../jitter/audio-packet.ts";
import { seqDistance } from "./seq.ts";

export type Admission = "accepted" | "first" | "foreign";

/** How long after `open` another address than the named one can be learned, ms. */
const LEARN_WINDOW_MS = 10_000;
const PROBATION_PACKETS = 3;
const PROBATION_PRIVATE_MS = 35;
const PROBATION_PUBLIC_MS = 600;
/** Gaps in sequence number that a stream on probation may have. */
const PROBATION_GAP = 10;
/** A candidate silent for so long makes room for another, ms. */
const CANDIDATE_SILENT_MS = 200;

export interface LatchState {
  readonly locked: { readonly words: readonly number[]; readonly udpPort: number } | undefined;
  readonly isConfirmed: boolean;
  readonly isLearned: boolean;
  readonly windowEndsMs: number;
}

export class Latch {
  /** Where to send now; undefined: nowhere. */
  destination: RtpDestination | undefined;
  #named: RtpDestination | undefined;
  readonly #locked = makeEndpoint();
  #isLocked = false;
  /** A rightful packet came since `open`: nothing else is learned. */
  #isConfirmed = false;
  #isLearned = false;
  #windowEndsMs = 0;
  readonly #candidate = makeEndpoint();
  #candidateSsrc = 0;
  #candidateSeq = 0;
  #candidatePackets = 0;
  #candidateSinceMs = 0;
  #candidateLastMs = Number.NEGATIVE_INFINITY;

  /** SDP named `named`. Where it is unchanged, the address in use stays until a better one proves itself. */
  open(named: RtpDestination | undefined, nowMs: number): void {
    const isSame =
      named !== undefined && this.#named !== undefined && sameEndpoint(named.endpoint, this.#named.endpoint);
    this.#named = named;
    this.#isConfirmed = false;
    this.#windowEndsMs = nowMs + LEARN_WINDOW_MS;
    this.#candidatePackets = 0;
    if (isSame) return;
    this.#isLocked = false;
    this.#isLearned = false;
    this.destination = named;
  }

  /** Judges one packet whose payload type fits. "first": accepted, and the far end was not known before. */
  admit(source: RtpEndpoint, packet: AudioPacket, nowMs: number): Admission {
    if (this.#isLocked && sameEndpoint(source, this.#locked)) {
      this.#isConfirmed = true;
      return "accepted";
    }
    if (this.#named !== undefined && sameEndpoint(source, this.#named.endpoint)) {
      if (this.#isLocked && !this.#isLearned) return "foreign";
      return this.#lock(source, this.#named, false);
    }
    return this.#probe(source, packet, nowMs) ? this.#lock(source, destinationOf(source), true) : "foreign";
  }

  describe(): string {
    const { destination } = this;
    if (destination === undefined) return "nowhere";
    return `${destination.address}:${destination.udpPort}${this.#isLearned ? " learned" : ""}`;
  }

  state(): LatchState {
    const locked = this.#isLocked ? { words: [...this.#locked.words], udpPort: this.#locked.udpPort } : undefined;
    return {
      locked,
      isConfirmed: this.#isConfirmed,
      isLearned: this.#isLearned,
      windowEndsMs: this.#windowEndsMs,
    };
  }

  /** Goes on from where another thread's latch was; after `open` with the same name. */
  restore(state: LatchState): void {
    this.#isConfirmed = state.isConfirmed;
    this.#isLearned = state.isLearned;
    this.#windowEndsMs = state.windowEndsMs;
    this.#isLocked = state.locked !== undefined;
    if (state.locked === undefined) return;
    this.#locked.words.set(state.locked.words);
    this.#locked.udpPort = state.locked.udpPort;
    this.destination = destinationOf(this.#locked);
  }

  #lock(source: RtpEndpoint, destination: RtpDestination, isLearned: boolean): Admission {
    copyEndpoint(source, this.#locked);
    this.#isLocked = true;
    this.#isConfirmed = true;
    this.#isLearned = isLearned;
    this.destination = destination;
    return "first";
  }

  /** True when the stream from `source` has passed its probation. */
  #probe(source: RtpEndpoint, packet: AudioPacket, nowMs: number): boolean {
    const named = this.#named;
    if (named === undefined || this.#isConfirmed || nowMs > this.#windowEndsMs) return false;
    const isCandidate = this.#candidatePackets > 0 && sameEndpoint(source, this.#candidate);
    if (!isCandidate && nowMs - this.#candidateLastMs < CANDIDATE_SILENT_MS) return false;
    const gap = seqDistance(this.#candidateSeq, packet.seq);
    if (!isCandidate || packet.ssrc !== this.#candidateSsrc || gap < 1 || gap > PROBATION_GAP) {
      copyEndpoint(source, this.#candidate);
      this.#candidateSsrc = packet.ssrc;
      this.#candidatePackets = 0;
      this.#candidateSinceMs = nowMs;
    }
    this.#candidatePackets++;
    this.#candidateSeq = packet.seq;
    this.#candidateLastMs = nowMs;
    const isUnreachable = isPrivate(named.endpoint) && !sameAddress(source, named.endpoint);
    const probationMs = isUnreachable ? PROBATION_PRIVATE_MS : PROBATION_PUBLIC_MS;
    return this.#candidatePackets >= PROBATION_PACKETS && nowMs - this.#candidateSinceMs >= probationMs;
  }
}

/** RFC 1918, carrier-grade NAT (RFC 6598), link-local (RFC 3927, RFC 4291 §2.5.6) and unique local (RFC 4193). */
function isPrivate(endpoint: RtpEndpoint): boolean {
  if (!isIpv4Endpoint(endpoint)) {
    const top = endpoint.words[0]! >>> 22;
    return top === 0xfe80 >>> 6 || endpoint.words[0]! >>> 25 === 0xfc >>> 1;
  }
  const address = endpoint.words[3]!;
  const top16 = address >>> 16;
  return (
    address >>> 24 === 10 ||
    address >>> 20 === 0xac1 ||
    top16 === 0xc0a8 ||
    top16 === 0xa9fe ||
    address >>> 22 === (100 << 2) + 1
  );
}
