/**
 * A verb is data plus one function. The route parses the body by `body`, the dispatcher finds the call and compares
 * its status with `from`; what remains is `run`. A verb never writes status: the call's machine does.
 */
import type { CallDirection, CallStatus } from "@voepy/store";
import type { z } from "zod";
import type { LiveCall } from "../call/call.ts";
import type { World } from "../world.ts";

export interface Verb<Body extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly from: readonly CallStatus[];
  /** Only calls of this direction; either when not given. */
  readonly direction?: CallDirection;
  readonly body: Body;
  /** Throws CodedError for what this verb refuses. What fails later is told by events. */
  run(context: { readonly world: World; readonly call: LiveCall }, body: z.output<Body>): void | Promise<void>;
}

/** A verb whose body type is known to nobody but itself. */
export interface AnyVerb extends Omit<Verb, "run"> {
  /** `body` must be what `this.body` parsed. */
  run(context: { readonly world: World; readonly call: LiveCall }, body: unknown): void | Promise<void>;
}

export function defineVerb<Body extends z.ZodType>(verb: Verb<Body>): AnyVerb {
  // The dispatcher hands in only what this very schema gave: parsing it here again would run transforms twice.
  return { ...verb, run: (context, body) => verb.run(context, body as z.output<Body>) };
}

export const ANSWERED: readonly CallStatus[] = ["answered", "bridged"];
export const UNANSWERED: readonly CallStatus[] = ["initiated", "ringing"];
