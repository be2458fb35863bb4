/**
 * `Idempotency-Key` on any POST: per tenant, path and key a request acts once, and the same request again gets the same
 * answer. The row is written before anything is done, so that it survives a crash:
 *
 *   found row                      answer
 *   other body                     422 idempotency_key_reused
 *   in flight, this process        409 idempotency_key_in_use
 *   finished                       the stored one, Idempotent-Replayed: true
 *   in flight, a process that died the resource it had made; it had made none: the request acts now
 *
 * The last line is safe because a resource and its name in the row are one commit, made before anything leaves.
 */
import { createHash } from "node:crypto";
import { type Clock, CodedError } from "@voepy/base";
import type { IdempotencyRecord, Store } from "@voepy/store";
import { errorStatus } from "../error-status.ts";
import { canonicalJson } from "./canonical-json.ts";

/** What a key is bound to. */
export interface Slot {
  readonly tenantId: string;
  readonly path: string;
  readonly key: string;
  /** The body as it came, before defaults. */
  readonly body: unknown;
}

/** An answer as it is stored and sent. */
export interface StoredAnswer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

/** What whoever asks first gets; `later` is kept for the same request again where that is something else. */
export interface FirstAnswer extends StoredAnswer {
  readonly later?: StoredAnswer | undefined;
}

export interface Idempotency {
  /** `act` runs at most once for a slot, and always gives an answer: a refusal is one too. */
  once(slot: Slot, act: () => Promise<FirstAnswer>): Promise<StoredAnswer & { readonly isReplay: boolean }>;
}

export interface IdempotencyOptions {
  readonly store: Pick<Store, "idempotency">;
  readonly clock: Clock;
  /** Differs in every start of the process. */
  readonly bootId: string;
  /** The answer for a resource whose maker died before it could answer; undefined when it is gone. */
  recover(tenantId: string, resourceId: string): Promise<StoredAnswer | undefined>;
}

/**
 * Refusals that came before anything was done: the client may put the request right, or come back, with the same key.
 * 501 and 503 are ours to put right.
 */
const NOT_STORED: ReadonlySet<number> = new Set([400, 401, 403, 404, 422, 429, 501, errorStatus.draining]);

/** 1–255 visible characters. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Throws `invalid_request` for a key that no client library makes. */
export function checkedKey(key: string): string {
  if (KEY.test(key)) return key;
  throw new CodedError("invalid_request", "Idempotency-Key must be 1 to 255 visible characters", {
    param: "Idempotency-Key",
  });
}

export function makeIdempotency(options: IdempotencyOptions): Idempotency {
  const { idempotency } = options.store;
  /** Slots this process is working on, with the hash of their body: closes the gap between two awaits. */
  const inFlight = new Map<string, string>();

  const begin = async (row: IdempotencyRecord): Promise<StoredAnswer | undefined> => {
    const found = await idempotency.begin(row);
    if (found === undefined) return undefined;
    if (found.bodyHash !== row.bodyHash) throw reused();
    if (found.response !== null) return found.response;
    if (found.bootId === row.bootId) throw inUse();
    const recovered = found.resourceId === null ? undefined : await options.recover(row.tenantId, found.resourceId);
    if (recovered !== undefined) {
      await idempotency.finish(row, recovered);
      return recovered;
    }
    await idempotency.abandon(row);
    // No second process can have come between: slots are taken in `inFlight` first.
    if ((await idempotency.begin(row)) !== undefined) throw inUse();
    return undefined;
  };

  const actOnce = async (row: IdempotencyRecord, act: () => Promise<FirstAnswer>) => {
    const earlier = await begin(row);
    if (earlier !== undefined) return { ...earlier, isReplay: true };
    const { later, ...answer } = await act();
    await (NOT_STORED.has(answer.status) ? idempotency.abandon(row) : idempotency.finish(row, later ?? answer));
    return { ...answer, isReplay: false };
  };

  return {
    async once({ tenantId, path, key, body }, act) {
      const bodyHash = createHash("sha256").update(canonicalJson(body)).digest("hex");
      const slot = JSON.stringify([tenantId, path, key]);
      const running = inFlight.get(slot);
      if (running !== undefined) throw running === bodyHash ? inUse() : reused();
      inFlight.set(slot, bodyHash);
      try {
        const { bootId, clock } = options;
        const createdAt = clock.wallMs();
        return await actOnce(
          { tenantId, path, key, bodyHash, response: null, bootId, resourceId: null, createdAt },
          act,
        );
      } finally {
        inFlight.delete(slot);
      }
    },
  };
}

function inUse(): CodedError {
  return new CodedError("idempotency_key_in_use", "a request with this Idempotency-Key is still in flight");
}

function reused(): CodedError {
  return new CodedError("idempotency_key_reused", "this Idempotency-Key was used with another body");
}
