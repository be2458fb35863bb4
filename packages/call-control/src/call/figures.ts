/** Last media figures of the legs of the latest calls, kept when a leg's media is closed. */
import type { JsonObject } from "../serialize/call.ts";

/** Calls that are still told of. */
const CALLS_KEPT = 2000;

interface CallFigures {
  readonly tenantId: string;
  readonly legs: JsonObject[];
}

export class Figures {
  private readonly byCall = new Map<string, CallFigures>();

  keep(call: { readonly id: string; readonly tenantId: string }, leg: JsonObject): void {
    const known = this.byCall.get(call.id) ?? { tenantId: call.tenantId, legs: [] };
    known.legs.push(leg);
    this.byCall.set(call.id, known);
    const [oldest] = this.byCall.keys();
    if (this.byCall.size > CALLS_KEPT && oldest !== undefined) this.byCall.delete(oldest);
  }

  /** In the order in which they ended; empty for a call of another tenant, and for one that had no media. */
  of(tenantId: string, callId: string): readonly JsonObject[] {
    const known = this.byCall.get(callId);
    return known?.tenantId === tenantId ? known.legs : [];
  }
}
