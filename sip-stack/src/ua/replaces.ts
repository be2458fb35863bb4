/** An INVITE that wants to take the place of a dialog of ours (RFC 3891 §3). */
import { dialogKey } from "../dialog/dialog.ts";
import { headersOf, type SipRequest } from "../message/message.ts";
import { parseReplaces } from "../message/replaces.ts";
import type { Core } from "./core.ts";
import type { SessionId } from "./types.ts";

export type ReplacesVerdict =
  | { readonly type: "none" }
  | { readonly type: "session"; readonly session: SessionId }
  | { readonly type: "refuse"; readonly status: number };

export function judgeReplaces(core: Core, request: SipRequest): ReplacesVerdict {
  const values = headersOf(request, "replaces");
  const [value] = values;
  if (value === undefined) return { type: "none" };
  const wanted = values.length === 1 ? parseReplaces(value) : undefined;
  if (wanted === undefined) return { type: "refuse", status: 400 };
  // To-tag and from-tag are ours and the peer's as in a request that we receive.
  const key = dialogKey(wanted.callId, wanted.toTag, wanted.fromTag);
  const session = core.dialogs.get(key);
  if (session === undefined) return { type: "refuse", status: core.hasEnded(key) ? 603 : 481 };
  if (session.phase === "closing") return { type: "refuse", status: 603 };
  if (session.phase === "answered" && wanted.earlyOnly) return { type: "refuse", status: 486 };
  // An early dialog can be taken over only from the one who made the call.
  if (session.phase === "pending" && session.direction === "in") return { type: "refuse", status: 481 };
  return { type: "session", session: session.id };
}
