/** What `api` sees of call control. Every method throws CodedError for a refused request. */
import type { CallDetail } from "@voepy/store";
import type { z } from "zod";
import type { DialBody } from "./schema/dial.ts";
import type { JsonObject } from "./serialize/call.ts";

export interface CallControl {
  /** `POST /v1/calls`, body parsed by `dialSchema`. The idempotency row is bound to the call in the same commit. */
  dial(tenantId: string, body: DialBody, idempotency?: { path: string; key: string } | undefined): Promise<CallDetail>;
  /**
   * `POST /v1/calls/{id}/actions/{verb}`, body parsed by that verb's schema. Checks, in this order: the call
   * (404), its status (409), then the verb's own rules.
   */
  act(tenantId: string, callId: string, verb: string, body: unknown): Promise<CallDetail>;
  /** Streams of a call of this process, the oldest first; empty for any other. Rows of `GET /v1/calls/{id}/streamings`. */
  streamings(tenantId: string, callId: string): JsonObject[];
  /** Media figures of a call's legs, the last ones of those that are over; undefined when nothing is known any more. `GET /v1/calls/{id}/stats`. */
  stats(tenantId: string, callId: string): Promise<JsonObject | undefined>;
  /** Calls that are not over, for /readyz and drain. */
  liveCalls(): number;
}

/** The verb table as the API shows it. */
export interface VerbDescription {
  readonly name: string;
  readonly summary: string;
  /** Statuses the verb is accepted in. */
  readonly from: readonly string[];
  readonly body: z.ZodType;
}
