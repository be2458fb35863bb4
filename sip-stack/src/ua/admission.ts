/**
 * Requests outside a dialog: nothing of theirs is kept before `screen` and digest have let them in. Refusals and
 * challenges are stateless (RFC 3261 §8.2.7), so a flood of strangers costs no memory.
 */
import { headerOf, type SipRequest } from "../message/message.ts";
import type { Envelope } from "../transaction/keys.ts";
import type { Authenticator } from "./authenticator.ts";
import { ALLOW, type Core, type Reply } from "./core.ts";
import type { Hop } from "./hop.ts";
import { receiveInvite } from "./invite-in.ts";
import { receiveOptions } from "./options.ts";
import { partyOf, userOf } from "./party.ts";
import type { RefusalRate } from "./refusal-rate.ts";
import type { Registrar } from "./registrar.ts";
import type { Identity } from "./types.ts";

/** A request as it came. */
export interface Came {
  readonly request: SipRequest;
  readonly envelope: Envelope;
  readonly source: Hop;
}

export interface Door {
  readonly core: Core;
  readonly authenticator: Authenticator;
  readonly registrar: Registrar;
  readonly refusals: RefusalRate;
}

type Verdict = { readonly identity: Identity } | { readonly refusal: { status: number } & Reply };

export function admit(door: Door, came: Came, nowMs: number): void {
  const { core } = door;
  const { request, envelope, source } = came;
  const full = fullness(core, came);
  const verdict = full ?? judge(door, came, nowMs);
  if ("refusal" in verdict) {
    core.count(`refused${verdict.refusal.status}`);
    if (!door.refusals.take(source.address, nowMs)) return core.count("refusalsWithheld");
    core.refuseStatelessly(request, envelope, source, verdict.refusal);
    return;
  }
  const { identity } = verdict;
  switch (request.method) {
    case "INVITE":
      return receiveInvite(core, request, { envelope, source, identity }, nowMs);
    case "OPTIONS":
      return receiveOptions(core, came, nowMs);
    case "REGISTER":
      // Only a user who proved it; `judge` let nobody else so far.
      if (identity.type === "user") door.registrar.receive({ ...came, username: identity.username }, nowMs);
      return;
    case "SUBSCRIBE":
      // RFC 6665 §4.2.1.1: we have no event package.
      return core.refuseStatelessly(request, envelope, source, {
        status: 489,
        headers: [{ name: "Allow-Events", value: "" }],
      });
    case "BYE":
    case "INFO":
    case "UPDATE":
    case "PRACK":
    case "NOTIFY":
      // They live in dialogs only (§15.1.2, RFC 6086 §4, RFC 3311 §5, RFC 3262 §3, RFC 6665 §4.1.3).
      return core.refuseStatelessly(request, envelope, source, { status: 481 });
    case "REFER":
      // Deviation from RFC 3515 §2.4.4: nobody is called on the word of one who is in no call.
      return core.refuseStatelessly(request, envelope, source, { status: 403 });
    default:
      return core.refuseStatelessly(request, envelope, source, { status: 405, headers: [ALLOW] });
  }
}

/** Over a cap new work waits outside: what runs goes on. */
function fullness(core: Core, { request, source }: Came): { refusal: { status: number } & Reply } | undefined {
  const { limits, transactions, liveSessions, pendingBySource } = core;
  const isInvite = request.method === "INVITE";
  const isFull =
    transactions.serverSize >= limits.serverTransactions ||
    (isInvite && liveSessions >= limits.sessions) ||
    (isInvite && (pendingBySource.get(source.address) ?? 0) >= limits.pendingPerSource);
  if (!isFull) return undefined;
  return { refusal: { status: 503, headers: [{ name: "Retry-After", value: "5" }] } };
}

function judge(door: Door, { request, source }: Came, nowMs: number): Verdict {
  const { core, authenticator } = door;
  const from = partyOf(request, "from");
  const to = partyOf(request, "to");
  const verdict = core.options.hooks.screen({
    method: request.method,
    source,
    requestUri: request.requestUri,
    from,
    to,
    hasCredentials: headerOf(request, "authorization") !== undefined,
  });
  if (verdict.type === "refuse") return { refusal: { status: verdict.status, reason: verdict.reason } };
  if (verdict.type === "trust") {
    // A binding belongs to a user, and a peer is none.
    if (request.method === "REGISTER") return { refusal: { status: 403 } };
    return { identity: { type: "peer", label: verdict.label } };
  }
  const proof = authenticator.check(request, source, nowMs);
  if (proof.type === "unproved") {
    core.count(`digest_${proof.why}`);
    return { refusal: proof.refusal };
  }
  const peer = core.options.hooks.peerOf?.(proof.username);
  if (peer !== undefined) {
    // A trunk: its calls come from everybody, and it has no binding.
    if (request.method === "REGISTER") return { refusal: { status: 403 } };
    return { identity: { type: "peer", label: peer } };
  }
  // §10.3 step 3, §22: nobody speaks for another user.
  const claimed = userOf(request.method === "REGISTER" ? to.uri : from.uri);
  if (claimed !== proof.username) return { refusal: { status: 403 } };
  return { identity: { type: "user", username: proof.username } };
}
