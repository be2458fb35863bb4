/**
 * Nonces that need no memory until they are used rightly: birth time, salt, and a keyed hash over both and the
 * source address. Of those in use the highest nonce count is kept, so that nothing can be replayed (RFC 7616 §3.3, §5.5).
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type Random, randomHex } from "@voepy/base";

/** `foreign`: not of our making, or made for another address. */
export type NonceState = "fresh" | "stale" | "foreign";

export interface NonceOptions {
  readonly secret: Uint8Array;
  readonly random: Random;
  /** Age from which a nonce must be renewed, ms. */
  readonly staleMs: number;
  /** Most nonces whose count is kept; above it the oldest are forgotten and read as stale. */
  readonly capacity: number;
}

interface Use {
  highest: number;
  readonly bornMs: number;
}

const MAC_CHARS = 32;

export class Nonces {
  readonly #options: NonceOptions;
  /** In order of first use. */
  readonly #uses = new Map<string, Use>();
  /** Nonces born before this may have been forgotten. */
  #forgottenBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: NonceOptions) {
    this.#options = options;
  }

  make(source: string, nowMs: number): string {
    const stem = `${Math.floor(nowMs).toString(36)}.${randomHex(this.#options.random, 8)}`;
    return `${stem}.${this.#mac(stem, source)}`;
  }

  state(nonce: string, source: string, nowMs: number): NonceState {
    const bornMs = this.#bornMs(nonce, source);
    if (bornMs === undefined) return "foreign";
    const isFresh = nowMs - bornMs < this.#options.staleMs && bornMs > this.#forgottenBeforeMs;
    return isFresh ? "fresh" : "stale";
  }

  /**
   * Notes that rightly signed credentials used a fresh nonce with this count; false when that count, or a higher
   * one, was used before. Only strictly rising counts pass: a late packet is asked again rather than let in twice.
   */
  use(nonce: string, count: number, nowMs: number): boolean {
    const known = this.#uses.get(nonce);
    if (known !== undefined) {
      if (count <= known.highest) return false;
      known.highest = count;
      return true;
    }
    if (count < 1) return false;
    this.#uses.set(nonce, { highest: count, bornMs: birth(nonce) });
    this.#sweep(nowMs);
    return true;
  }

  #sweep(nowMs: number): void {
    for (const [nonce, use] of this.#uses) {
      const isOver = this.#uses.size > this.#options.capacity;
      if (!isOver && nowMs - use.bornMs < this.#options.staleMs) return;
      if (isOver) this.#forgottenBeforeMs = Math.max(this.#forgottenBeforeMs, use.bornMs);
      this.#uses.delete(nonce);
    }
  }

  #bornMs(nonce: string, source: string): number | undefined {
    const dot = nonce.lastIndexOf(".");
    const mac = nonce.slice(dot + 1);
    if (dot === -1 || mac.length !== MAC_CHARS) return undefined;
    const expected = this.#mac(nonce.slice(0, dot), source);
    const [left, right] = [Buffer.from(mac), Buffer.from(expected)];
    return left.length === right.length && timingSafeEqual(left, right) ? birth(nonce) : undefined;
  }

  #mac(stem: string, source: string): string {
    return createHmac("sha256", this.#options.secret).update(`${stem}|${source}`).digest("hex").slice(0, MAC_CHARS);
  }
}

/** Monotonic ms, as `make` was told. */
function birth(nonce: string): number {
  return Number.parseInt(nonce.slice(0, nonce.indexOf(".")), 36);
}
