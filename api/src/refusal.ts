/**
 * What a thrown thing becomes on the wire: `{"error": {code, message, param?, request_id, details?}}`. A CodedError
 * says its own words, except `internal_error`: that one and everything else thrown is a bug or a broken machine, whose
 * text may hold paths or queries, so the caller gets a fixed sentence and the log gets the rest.
 */
import { CodedError } from "@voepy/base";
import { errorStatus } from "./error-status.ts";

const INTERNAL_MESSAGE = "something failed on our side; the log has more under this request id";

/** A refusal that came before anything was done, so a client may come back: how long it should wait. */
const RETRY_AFTER_SECS: Readonly<Record<string, number>> = {
  draining: 30,
  rate_limited: 1,
  cps_limit_exceeded: 1,
  concurrency_limit_exceeded: 5,
  idempotency_key_in_use: 1,
};

export interface Refusal {
  readonly status: number;
  /** The JSON text of the envelope. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Never throws, whatever was thrown. */
export function refusalOf(thrown: unknown, requestId: string): Refusal {
  const coded = thrown instanceof CodedError && thrown.code !== "internal_error" ? thrown : undefined;
  const code = coded?.code ?? "internal_error";
  const retryAfterSecs = RETRY_AFTER_SECS[code];
  return {
    status: errorStatus[code],
    body: JSON.stringify({
      error: {
        code,
        message: coded?.message ?? INTERNAL_MESSAGE,
        ...(coded?.param === undefined ? {} : { param: coded.param }),
        request_id: requestId,
        ...(coded?.details === undefined ? {} : { details: coded.details }),
      },
    }),
    headers: retryAfterSecs === undefined ? {} : { "retry-after": String(retryAfterSecs) },
  };
}
