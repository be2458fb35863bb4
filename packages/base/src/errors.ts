/**
 * Every refusal voepy can give has a stable code; `api` turns codes into HTTP statuses in one exhaustive
 * table, so users match on codes and never on messages.
 */
export type ErrorCode =
  | "invalid_request"
  | "unauthorized"
  | "balance_insufficient"
  | "forbidden"
  | "from_number_not_owned"
  | "country_blocked"
  | "country_not_allowed"
  | "prefix_blocked"
  | "not_found"
  | "method_not_allowed"
  | "call_already_ended"
  | "call_not_in_required_state"
  | "recording_not_ready"
  | "gather_in_progress"
  | "recording_in_progress"
  | "transcription_in_progress"
  | "stream_limit_reached"
  | "leg_already_bridged"
  | "idempotency_key_in_use"
  | "payload_too_large"
  | "unsupported_media_type"
  | "idempotency_key_reused"
  | "voice_not_available"
  | "media_unreachable"
  | "rate_limited"
  | "cps_limit_exceeded"
  | "concurrency_limit_exceeded"
  | "internal_error"
  | "engine_not_configured"
  | "upstream_error"
  | "draining";

/** One wrong field of a request; `param` is its dotted path. */
export interface FieldProblem {
  readonly param: string;
  readonly message: string;
}

/** A refused request or a broken contract. `details` is shown to API users, `cause` only to the log. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { param?: string; details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "CodedError";
    this.code = code;
    this.param = more.param;
    this.details = more.details;
  }
}

/** For `default:` of a switch over a union: a new member stops the build, a wrong value stops the call. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
