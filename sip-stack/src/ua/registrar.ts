/** Registrar (RFC 3261 §10.3): contacts of users, each with the way back to it. Who may register was settled before. */

import { parseUint } from "../message/chars.ts";
import { type Header, headerOf, headersOf, type SipRequest } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { paramOf } from "../message/params.ts";
import { parseUri, sameUri } from "../message/uri.ts";
import { expiresOf } from "../message/values.ts";
import type { Envelope } from "../transaction/keys.ts";
import type { Core, Reply } from "./core.ts";
import type { Deadline } from "./deadlines.ts";
import type { Hop } from "./hop.ts";
import type { Wake } from "./session.ts";
import type { Binding } from "./types.ts";

/** Seconds. A phone behind a NAT must come back before its mapping is forgotten, one on the LAN need not. */
const MIN_EXPIRES_S = 60;
const DEFAULT_EXPIRES_S = 3600;
const MAX_EXPIRES_S = 3600;

interface WantedContact {
  readonly uri: string;
  readonly expiresS: number;
}

export class Registrar {
  readonly #core: Core;
  readonly #bindings = new Map<string, Binding[]>();
  readonly #deadlines = new Map<string, Deadline<Wake>>();

  constructor(core: Core) {
    this.#core = core;
  }

  bindings(username: string): readonly Binding[] {
    return this.#bindings.get(username) ?? [];
  }

  /** A REGISTER of `username`, who has proved to be that. */
  receive(came: { request: SipRequest; envelope: Envelope; source: Hop; username: string }, nowMs: number): void {
    const { request, envelope, source, username } = came;
    const transaction = this.#core.serve(request, envelope, source, { usage: "none" });
    const { status, ...reply } = this.#register(came, nowMs);
    this.#core.respond(transaction, status, { toTag: this.#core.token(), ...reply }, nowMs);
    this.#core.count(status === 200 ? "registered" : "registerRefused");
    if (status === 200) this.#schedule(username);
  }

  /** The next contact of the user has run out. */
  expire(username: string, nowMs: number): void {
    this.#deadlines.delete(username);
    const kept = this.bindings(username).filter((binding) => binding.expiresAtMs > nowMs);
    this.#store(username, kept);
    this.#schedule(username);
  }

  /** Drops every contact of a user who is gone, or is somebody else now. */
  forget(username: string): void {
    if (this.bindings(username).length === 0) return;
    this.#store(username, []);
    this.#schedule(username);
  }

  isFlowInUse(flow: string): boolean {
    for (const bindings of this.#bindings.values()) {
      if (bindings.some((binding) => binding.source.flow === flow)) return true;
    }
    return false;
  }

  /** Contacts that were reached by this connection cannot be any more. */
  flowClosed(flow: string): void {
    for (const [username, bindings] of this.#bindings) {
      const kept = bindings.filter((binding) => binding.source.flow !== flow);
      if (kept.length < bindings.length) this.#store(username, kept);
    }
  }

  #register(
    came: { request: SipRequest; envelope: Envelope; source: Hop; username: string },
    nowMs: number,
  ): { status: number } & Reply {
    const { request, username } = came;
    const contacts = headersOf(request, "contact");
    const before = this.bindings(username);
    // §10.3 step 6: `*` only alone and only to remove.
    if (contacts.includes("*")) {
      if (contacts.length > 1 || expiresOf(request) !== 0) return { status: 400, reason: "Contact * needs Expires 0" };
      if (before.some((binding) => isOlder(came.envelope, binding)))
        return { status: 500, reason: "CSeq out of order" };
      this.#store(username, []);
      return { status: 200, headers: this.#listed(username, nowMs) };
    }
    const wanted = contacts.map((value) => wantedContact(value, expiresOf(request)));
    const readable = wanted.filter((contact) => contact !== undefined);
    if (readable.length < wanted.length) return { status: 400, reason: "Contact cannot be read" };
    // §10.3 step 7
    if (readable.some(({ expiresS }) => expiresS > 0 && expiresS < MIN_EXPIRES_S)) {
      return { status: 423, headers: [{ name: "Min-Expires", value: String(MIN_EXPIRES_S) }] };
    }
    const after = this.#apply(came, before, readable, nowMs);
    if ("status" in after) return after;
    if (readable.length > 0) this.#store(username, after.bindings);
    return { status: 200, headers: this.#listed(username, nowMs) };
  }

  /** All or nothing (§10.3 step 7). */
  #apply(
    came: { request: SipRequest; envelope: Envelope; source: Hop; username: string },
    before: readonly Binding[],
    wanted: readonly WantedContact[],
    nowMs: number,
  ): { bindings: Binding[] } | { status: number; reason: string } {
    const bindings = [...before];
    for (const { uri, expiresS } of wanted) {
      const at = bindings.findIndex((binding) => isSameContact(binding.contactUri, uri));
      const known = bindings[at];
      if (known !== undefined && isOlder(came.envelope, known)) return { status: 500, reason: "CSeq out of order" };
      if (known !== undefined) bindings.splice(at, 1);
      if (expiresS === 0) continue;
      bindings.push({
        username: came.username,
        contactUri: uri,
        source: came.source,
        callId: came.envelope.callId,
        cseq: came.envelope.cseqNumber,
        expiresAtMs: nowMs + Math.min(expiresS, MAX_EXPIRES_S) * 1000,
        userAgent: headerOf(came.request, "user-agent") ?? "",
      });
    }
    if (bindings.length > this.#core.limits.bindingsPerUser) return { status: 403, reason: "Too Many Contacts" };
    return { bindings };
  }

  /** §10.3 step 8: all contacts that are bound now, with what is left of each. */
  #listed(username: string, nowMs: number): Header[] {
    return this.bindings(username).map(({ contactUri, expiresAtMs }) => ({
      name: "Contact",
      value: `<${contactUri}>;expires=${Math.ceil((expiresAtMs - nowMs) / 1000)}`,
    }));
  }

  #store(username: string, bindings: Binding[]): void {
    if (bindings.length === 0) this.#bindings.delete(username);
    else this.#bindings.set(username, bindings);
    this.#core.emit({ type: "bindings", username, bindings });
  }

  #schedule(username: string): void {
    this.#core.deadlines.cancel(this.#deadlines.get(username));
    this.#deadlines.delete(username);
    const bindings = this.bindings(username);
    if (bindings.length === 0) return;
    const nextMs = Math.min(...bindings.map((binding) => binding.expiresAtMs));
    this.#deadlines.set(username, this.#core.deadlines.arm(nextMs, { type: "bindings", username }));
  }
}

/** The Contact's own `expires`, else the Expires header, else the default (§10.2.1.1). */
function wantedContact(value: string, headerS: number | undefined): WantedContact | undefined {
  const address = parseNameAddr(value);
  if (address === undefined || parseUri(address.uri)?.kind !== "sip") return undefined;
  const own = paramOf(address.params, "expires");
  // §10.3: what cannot be read counts as the default.
  const ownS = own === undefined ? undefined : (parseUint(own, 2 ** 32 - 1) ?? DEFAULT_EXPIRES_S);
  return { uri: address.uri, expiresS: ownS ?? headerS ?? DEFAULT_EXPIRES_S };
}

/** §10.3 step 7: the same Call-ID must count up; another Call-ID is a phone that was restarted. */
function isOlder(envelope: Envelope, binding: Binding): boolean {
  return binding.callId === envelope.callId && envelope.cseqNumber <= binding.cseq;
}

function isSameContact(a: string, b: string): boolean {
  const [left, right] = [parseUri(a), parseUri(b)];
  return left !== undefined && right !== undefined && sameUri(left, right);
}
