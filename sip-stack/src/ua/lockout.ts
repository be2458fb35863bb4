/**
 * Guessing passwords gets slow: after ten wrong answers of one address for one user within a minute the rest of that
 * minute is lost, after thirty, ten minutes. What is locked out looks like any wrong password.
 */
const WINDOW_MS = 60_000;
const SOME = 10;
const MANY = 30;
const BAN_MS = 600_000;
/** Above it the oldest are forgotten: forged addresses must not fill the memory. */
const CAPACITY = 10_000;

interface Failures {
  count: number;
  readonly sinceMs: number;
  untilMs: number;
}

export class Lockout {
  /** By address and user, in order of first failure. */
  readonly #failures = new Map<string, Failures>();

  isLocked(address: string, username: string, nowMs: number): boolean {
    const failures = this.#failures.get(`${address} ${username}`);
    return failures !== undefined && nowMs < failures.untilMs;
  }

  /** A wrong answer, or one that came while locked out. */
  failed(address: string, username: string, nowMs: number): void {
    const key = `${address} ${username}`;
    let failures = this.#failures.get(key);
    if (failures === undefined || nowMs >= Math.max(failures.sinceMs + WINDOW_MS, failures.untilMs)) {
      this.#failures.delete(key);
      failures = { count: 0, sinceMs: nowMs, untilMs: 0 };
      this.#failures.set(key, failures);
    }
    failures.count++;
    if (failures.count >= MANY) failures.untilMs = nowMs + BAN_MS;
    else if (failures.count >= SOME) failures.untilMs = failures.sinceMs + WINDOW_MS;
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const key of this.#failures.keys()) {
      if (this.#failures.size <= CAPACITY) return;
      this.#failures.delete(key);
    }
  }
}
