/**
 * The RTCP side of one leg (RFC 3550 §6): when to report, what the far end said of our stream, how long a packet takes there
 * and back. Two take part, so that the interval is the minimum of §6.2, five seconds, spread by chance (§6.3.1).
 */
import { type Random, randomUint32 } from "@voepy/base";
import type { ReceptionBlock, Report } from "./compound.ts";

const INTERVAL_MS = 5000;
/** §6.3.1: e − 3/2, so that reconsideration does not lengthen the mean. */
const COMPENSATION = Math.E - 1.5;
/** A round trip above is a broken clock of the far end. */
const LONGEST_ROUND_TRIP = 60 * 0x10000;

/** What the far end told of what we send. */
export interface RemoteFigures {
  readonly lost: number;
  /** Since its report before, 0–1. */
  readonly fractionLost: number;
  readonly jitterTicks: number;
}

export class RtcpSession {
  /** Monotonic ms of our next report; Infinity before `start`. */
  nextMs = Number.POSITIVE_INFINITY;
  /** We have reported at least once: only then is a BYE allowed (§6.3.7). */
  hasReported = false;
  /** Reports of the far end in a row that knew nothing of our stream, since it began. */
  deafReports = 0;
  received = 0;
  remote: RemoteFigures | undefined;
  roundTripMs: number | undefined;
  cname = "";
  #lastSr = 0;
  #lastSrMs = 0;

  start(nowMs: number, random: Random): void {
    if (this.nextMs !== Number.POSITIVE_INFINITY) return;
    // RFC 7022 §4.2: a name of 96 random bits tells nothing of the machine.
    for (let i = 0; i < 3; i++) this.cname += randomUint32(random).toString(36);
    // §6.2: the first report comes after half the interval.
    this.nextMs = nowMs + spread(INTERVAL_MS / 2, random);
  }

  /** A report has been sent. */
  sent(nowMs: number, random: Random): void {
    this.hasReported = true;
    this.nextMs = nowMs + spread(INTERVAL_MS, random);
  }

  /** `ssrc`: of the stream we send; `hasSpoken`: for long enough that a report must know of it. */
  take(reports: readonly Report[], { ssrc, hasSpoken }: { ssrc: number; hasSpoken: boolean }, nowMs: number): void {
    this.received++;
    for (const { sender, blocks } of reports) {
      if (sender !== undefined) {
        this.#lastSr = ((sender.ntpSeconds << 16) | (sender.ntpFraction >>> 16)) >>> 0;
        this.#lastSrMs = nowMs;
      }
      const block = blocks.find((each) => each.ssrc === ssrc);
      if (block !== undefined) this.#takeBlock(block, nowMs);
      else if (hasSpoken) this.deafReports++;
    }
  }

  /** For the block we send: the last SR heard and how long ago. */
  lastHeard(nowMs: number): Pick<ReceptionBlock, "lastSr" | "delaySinceLastSr"> {
    if (this.#lastSrMs === 0) return { lastSr: 0, delaySinceLastSr: 0 };
    return { lastSr: this.#lastSr, delaySinceLastSr: Math.round(((nowMs - this.#lastSrMs) * 0x10000) / 1000) };
  }

  #takeBlock(block: ReceptionBlock, nowMs: number): void {
    this.deafReports = 0;
    this.remote = {
      lost: block.lost,
      fractionLost: block.fractionLost / 256,
      jitterTicks: block.jitterTicks,
    };
    if (block.lastSr === 0) return;
    // §6.4.1: now − LSR − DLSR, all in 1/65536 s, and below zero where clocks are coarse.
    const roundTrip = (ntpMiddle(nowMs) - block.lastSr - block.delaySinceLastSr) | 0;
    if (roundTrip < LONGEST_ROUND_TRIP) this.roundTripMs = Math.max(0, (roundTrip * 1000) / 0x10000);
  }
}

/**
 * NTP format of §4, on the process's own clock: §6.4.1 allows that, and only differences are ever taken. Seconds and their
 * fraction in 1/2^32.
 */
export function ntpOf(nowMs: number): { readonly seconds: number; readonly fraction: number } {
  const seconds = Math.floor(nowMs / 1000);
  return { seconds: seconds >>> 0, fraction: Math.floor(((nowMs - seconds * 1000) * 0x100000000) / 1000) >>> 0 };
}

function ntpMiddle(nowMs: number): number {
  const { seconds, fraction } = ntpOf(nowMs);
  return ((seconds << 16) | (fraction >>> 16)) >>> 0;
}

/** §6.3.1: between half and one and a half, so that many legs do not report at once. */
function spread(intervalMs: number, random: Random): number {
  return (intervalMs * (0.5 + randomUint32(random) / 0x100000000)) / COMPENSATION;
}
