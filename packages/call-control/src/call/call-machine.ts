/**
 * The call's status, as the reference draws it. Nothing else writes it, and every step is one commit with its
 * event. A missing cell is a step that cannot happen: asking for it is a bug of ours.
 *
 *     initiated → ringing → answered ⇄ bridged → ended
 *         └─────────┴→ failed
 */
import type { CallStatus } from "@voepy/store";
import type { EventType } from "../events.ts";

export type CallInput = "ringing" | "answered" | "bridged" | "unbridged" | "over";

interface Step {
  readonly to: CallStatus;
  readonly event: EventType;
}

export const callMachine: Readonly<Record<CallStatus, Readonly<Partial<Record<CallInput, Step>>>>> = {
  initiated: {
    ringing: { to: "ringing", event: "call.ringing" },
    answered: { to: "answered", event: "call.answered" },
    over: { to: "failed", event: "call.ended" },
  },
  ringing: {
    answered: { to: "answered", event: "call.answered" },
    over: { to: "failed", event: "call.ended" },
  },
  answered: {
    bridged: { to: "bridged", event: "call.bridged" },
    over: { to: "ended", event: "call.ended" },
  },
  bridged: {
    unbridged: { to: "answered", event: "call.unbridged" },
    over: { to: "ended", event: "call.ended" },
  },
  ended: {},
  failed: {},
};

export function isOver(status: CallStatus): boolean {
  return status === "ended" || status === "failed";
}
