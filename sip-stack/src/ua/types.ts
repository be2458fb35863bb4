/**
 * What call-control and the sandbox see of SIP: commands down, events up, all plain data. Inside, `UserAgent`
 * takes (bytes, now) and yields effects; `io/driver.ts` gives it sockets and one timer.
 */
import type { DtmfInfo } from "../message/dtmf-info.ts";
import type { Header } from "../message/message.ts";
import type { ReasonFacts } from "../message/reasons.ts";
import type { RedirectTarget } from "../message/redirect.ts";
import type { Replaced } from "../message/replaces.ts";

export type TransportName = "udp" | "tcp" | "tls" | "ws" | "wss";

/** A far or near end of SIP text. */
export interface SipAddress {
  readonly transport: TransportName;
  /** Literal IP address. */
  readonly address: string;
  readonly port: number;
  /** Connection the message came by (streams); undefined for udp. A response goes back on it. */
  readonly flow?: string | undefined;
}

export interface Listener {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /**
   * What Via and Contact say to peers outside; where undefined, and to peers inside, the address of the interface that
   * faces the peer. A function is asked each time: the address may change.
   */
  readonly advertisedAddress?: string | (() => string | undefined) | undefined;
  /** tls and wss: paths of PEM files, the certificate with its chain and the key. Read again when they change. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** One INVITE dialog usage, incoming or outgoing; ours, opaque. */
export type SessionId = string;

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface PartyId {
  /** Without brackets: `sip:alice@voepy.local`. */
  readonly uri: string;
  readonly displayName: string;
}

/** RFC 4028. */
export interface SessionTimers {
  /**
   * `off`: not known. `accept`: kept where the other side or a proxy asks for one. `require`: asked for in every
   * session, and run alone by us where the other side does not know session timers.
   */
  readonly mode: "off" | "accept" | "require";
  /** Asked for, and the longest that is granted. At least 90 (§4). */
  readonly expirySecs: number;
}

export interface OutgoingInvite {
  /** Where the request is sent; what is left out RFC 3263 finds (NAPTR, SRV), with failover among what it finds. */
  readonly target: {
    readonly transport?: TransportName | undefined;
    readonly host: string;
    readonly port?: number | undefined;
    readonly flow?: string | undefined;
  };
  readonly requestUri: string;
  readonly from: PartyId;
  readonly to: PartyId;
  /** undefined: the peer makes the offer, which comes as an `offer` event. */
  readonly sdp: string | undefined;
  readonly headers: readonly Header[];
  /** Answers to a 401/407 of this target only; at most two tries (RFC 3261 §22.2). */
  readonly credentials?: Credentials | undefined;
  /** No provisional within this: `failed` with cause `timeout` (ms). Default: timer B, 64 × T1. */
  readonly firstResponseMs?: number | undefined;
  /** Default: the endpoint's. */
  readonly sessionTimers?: SessionTimers | undefined;
}

/** One request of ours outside of any call, and its answer; ours, opaque. */
export type ExchangeId = string;

/** Where a request outside of any call is sent: to the best server that RFC 3263 finds; without a port DNS says that too. */
export interface ExchangeTarget {
  readonly transport: TransportName;
  readonly host: string;
  readonly port?: number | undefined;
}

/** OPTIONS to a peer, to see whether it is there. */
export interface OutgoingPing {
  readonly target: ExchangeTarget;
  readonly requestUri: string;
  readonly fromUri: string;
  readonly credentials?: Credentials | undefined;
  /** Default 8000. */
  readonly timeoutMs?: number | undefined;
}

/** REGISTER of ours at somebody's registrar. */
export interface OutgoingRegister {
  readonly target: ExchangeTarget;
  /** `sip:` and the registrar's domain (RFC 3261 §10.2). */
  readonly registrarUri: string;
  /** Address of record. */
  readonly aor: string;
  readonly contactUser: string;
  /** 0 takes the registration back. */
  readonly expiresS: number;
  /** The same for all of one registration. */
  readonly callId: string;
  /** Greater than the `cseq` of the last `registered`. */
  readonly cseq: number;
  readonly credentials?: Credentials | undefined;
  /** Default 8000. */
  readonly timeoutMs?: number | undefined;
}

/** Who sent an incoming request, as `screen` and digest found it. */
export type Identity =
  | { readonly type: "user"; readonly username: string }
  | { readonly type: "peer" /** What `screen` gave. */; readonly label: string };

export interface ScreenedRequest {
  readonly method: string;
  readonly source: SipAddress;
  readonly requestUri: string;
  readonly from: PartyId;
  readonly to: PartyId;
  /** An Authorization header is there. */
  readonly hasCredentials: boolean;
}

/** Asked once for every request outside a dialog but ACK and CANCEL, before any state is made. */
export type ScreenVerdict =
  /** Let it in as this peer (a route's id). */
  | { readonly type: "trust"; readonly label: string }
  /** Digest of a user; the user agent challenges and verifies. */
  | { readonly type: "challenge" }
  | { readonly type: "refuse"; readonly status: number; readonly reason: string };

/** One registered Contact of a user (RFC 3261 §10). */
export interface Binding {
  readonly username: string;
  readonly contactUri: string;
  /** Where requests to it go: the flow and source the REGISTER came by. */
  readonly source: SipAddress;
  readonly callId: string;
  readonly cseq: number;
  /** Monotonic ms. */
  readonly expiresAtMs: number;
  readonly userAgent: string;
}

export interface UserAgentHooks {
  screen(request: ScreenedRequest): ScreenVerdict;
  /** Password of a SIP user; undefined when there is none of that name. */
  password(username: string): string | undefined;
  /** Label of the peer whose credentials these are, for a username that is no user's: it speaks for any From. */
  peerOf?(username: string): string | undefined;
}

export type SipEvent =
  | {
      readonly type: "invite";
      readonly session: SessionId;
      readonly source: SipAddress;
      readonly identity: Identity;
      readonly requestUri: string;
      readonly from: PartyId;
      readonly to: PartyId;
      readonly callId: string;
      /** All of them, for custom headers and caller identity. */
      readonly headers: readonly Header[];
      /** undefined: late offer, we offer in `accept`. */
      readonly sdp: string | undefined;
      /**
       * The session that this call shall take the place of (RFC 3891): an answered one, to be ended by `bye` once this
       * one is accepted, or a call of ours that still rings, to be taken back by `cancel`. Whether the caller may do so
       * is the owner's to decide; `refuse` with 603 says no.
       */
      readonly replaces?: SessionId | undefined;
    }
  /**
   * It ended before a 2xx was sent, in some cases after `accept`, while that waited for a PRACK. `cancel`: CANCEL came
   * and 487 was sent. `bye`: the caller left by BYE. `transport`: nothing can be sent to it any more. `prack`: a
   * reliable provisional was never acknowledged; 504 was sent.
   */
  | ({
      readonly type: "cancelled";
      readonly session: SessionId;
      readonly cause: "cancel" | "bye" | "transport" | "prack";
    } & ReasonFacts)
  /** ACK to our 2xx; `sdp` is the answer to a late offer. */
  | { readonly type: "confirmed"; readonly session: SessionId; readonly sdp: string | undefined }
  /**
   * 101–199 to our INVITE. `branch` tells forked early dialogs apart. The last SDP of the branch that was heard last is
   * where media comes from now.
   */
  | {
      readonly type: "progress";
      readonly session: SessionId;
      readonly branch: string;
      readonly status: number;
      readonly reason: string;
      readonly sdp: string | undefined;
      /** Sent reliably, and acknowledged by PRACK (RFC 3262). */
      readonly isReliable: boolean;
      readonly headers: readonly Header[];
    }
  /**
   * First 2xx to our INVITE; ACK has been sent. Later 2xx of other branches are ACKed and BYEd inside. `sdp` is undefined
   * too when the answer came before, in a reliable provisional.
   */
  | {
      readonly type: "answered";
      readonly session: SessionId;
      readonly branch: string;
      readonly sdp: string | undefined;
      readonly callId: string;
      readonly headers: readonly Header[];
    }
  | ({
      readonly type: "failed";
      readonly session: SessionId;
      readonly cause: "response" | "timeout" | "transport" | "cancelled";
      /** 408 for a timeout, 503 for a transport error (§8.1.3.1), 487 for cancelled. */
      readonly status: number;
      readonly reason: string;
      /** Of a 3xx, best first (RFC 3261 §8.1.3.4). */
      readonly contacts: readonly RedirectTarget[];
      readonly retryAfterSecs: number | undefined;
      /** Of the response: Retry-After of a 503, Contact of a 3xx. Empty when there was none. */
      readonly headers: readonly Header[];
    } & ReasonFacts)
  /**
   * re-INVITE, UPDATE (before the answer too), an offer in a PRACK, or the offer to an INVITE of ours without one; must be
   * followed by `answerOffer`. `sdp` undefined: the peer wants our offer.
   */
  | { readonly type: "offer"; readonly session: SessionId; readonly sdp: string | undefined }
  /** Our `offer` was answered. */
  | { readonly type: "offerAnswered"; readonly session: SessionId; readonly sdp: string | undefined }
  | { readonly type: "offerRefused"; readonly session: SessionId; readonly status: number }
  | ({
      readonly type: "ended";
      readonly session: SessionId;
      readonly cause: "bye" | "ackTimeout" | "sessionExpired" | "transport";
    } & ReasonFacts)
  | {
      readonly type: "info";
      readonly session: SessionId;
      readonly contentType: string;
      readonly body: string;
      /** When the body is application/dtmf-relay or application/dtmf. */
      readonly digit: DtmfInfo | undefined;
    }
  /** The peer asks us to call somebody (RFC 3515); must be followed by `answerRefer`. */
  | {
      readonly type: "refer";
      readonly session: SessionId;
      /** URI without the headers in it. */
      readonly referTo: string;
      /** The call to be made shall replace this one of the called party (RFC 3891). */
      readonly replaces: Replaced | undefined;
      /** That dialog when it is one of ours: the two may be joined here. */
      readonly replacesSession: SessionId | undefined;
      /** URI (RFC 3892). */
      readonly referredBy: string | undefined;
      readonly headers: readonly Header[];
    }
  /** 2xx to our `refer`, or the first NOTIFY of it. `isSilent`: no NOTIFY will come (RFC 4488). */
  | { readonly type: "referAccepted"; readonly session: SessionId; readonly isSilent: boolean }
  /** How the referred call goes. After `isFinal` no more comes. */
  | {
      readonly type: "referNotify";
      readonly session: SessionId;
      /** Of the sipfrag; undefined when it held no status line. */
      readonly status: number | undefined;
      readonly reason: string;
      readonly isFinal: boolean;
    }
  /** Our `refer` was refused; 408: not answered. */
  | { readonly type: "referFailed"; readonly session: SessionId; readonly status: number; readonly reason: string }
  /** The end of a `ping`. `status` is there for cause `response` only. */
  | {
      readonly type: "pinged";
      readonly ping: ExchangeId;
      readonly cause: "response" | "timeout" | "transport";
      readonly status: number | undefined;
      readonly reason: string;
      /** Literal address that was asked; undefined: the name did not resolve. */
      readonly address: string | undefined;
      readonly roundTripMs: number;
    }
  /** The end of a `register`. `status` is there for cause `response` only. */
  | {
      readonly type: "registered";
      readonly registration: ExchangeId;
      readonly cause: "response" | "timeout" | "transport";
      readonly status: number | undefined;
      readonly reason: string;
      /** Granted, s; undefined without a 2xx. */
      readonly expiresS: number | undefined;
      /** Of a 423 (§10.2.8). */
      readonly minExpiresS: number | undefined;
      readonly retryAfterS: number | undefined;
      readonly cseq: number;
      readonly address: string | undefined;
    }
  | { readonly type: "bindings"; readonly username: string; readonly bindings: readonly Binding[] };

/**
 * Commands. A command for a session that is already gone, or in a state that does not allow it, returns false
 * and does nothing: the event that says why is on its way or was delivered.
 */
export interface SipEndpoint {
  invite(request: OutgoingInvite): SessionId;
  /**
   * 101–199 to an incoming INVITE. Sent reliably (RFC 3262) when the caller requires it, and when it can and this
   * carries SDP, unless `reliable` says otherwise. A reliable one waits until the one before it is acknowledged. To an
   * INVITE without an offer, SDP (ours is the offer then) goes only in a reliable one and is left out of others.
   */
  progress(
    session: SessionId,
    answer: { status: number; reason?: string; sdp?: string; headers?: readonly Header[]; reliable?: boolean },
  ): boolean;
  /**
   * 200. Waits for the PRACK of a provisional with SDP. `sdp` is left out of it when the answer went reliably before.
   */
  accept(
    session: SessionId,
    answer: { sdp: string; headers?: readonly Header[]; sessionTimers?: SessionTimers },
  ): boolean;
  /** Final 3xx–6xx to an incoming INVITE. */
  refuse(session: SessionId, answer: { status: number; reason?: string; headers?: readonly Header[] }): boolean;
  /** Takes back our INVITE: CANCEL as soon as a provisional allows (§9.1); a 2xx that crosses is ACKed and BYEd. `failed` follows. */
  cancel(session: SessionId, why?: { headers?: readonly Header[] }): boolean;
  /** Ends an answered session, either direction. No event follows. */
  bye(session: SessionId, why?: { headers?: readonly Header[] }): boolean;
  /**
   * A new offer: re-INVITE, or UPDATE where `by` says so and the peer knows it. Before the answer always UPDATE, which
   * needs an answered offer of the INVITE (RFC 3311 §5.1): false until then.
   */
  offer(session: SessionId, sdp: string, by?: "INVITE" | "UPDATE"): boolean;
  answerOffer(session: SessionId, answer: { sdp: string } | { status: number; reason: string }): boolean;
  info(session: SessionId, body: { contentType: string; body: string }): boolean;
  /**
   * Asks the peer of an answered session to call `to` (RFC 3515); with `replaces` to take the place of us in that session
   * (RFC 3891). `referAccepted` or `referFailed` follows, then `referNotify`. False while an earlier one still runs.
   */
  refer(session: SessionId, what: { to: string; replaces?: SessionId; headers?: readonly Header[] }): boolean;
  /** To a `refer` event. 202 opens the subscription of RFC 3515 §2.4.4, whose first NOTIFY says 100. */
  answerRefer(session: SessionId, answer: { status: number; reason?: string }): boolean;
  /** How the call that was asked for goes. `final` closes the subscription. */
  notifyRefer(session: SessionId, state: { status: number; reason?: string; final: boolean }): boolean;
  /** OPTIONS outside of any call; `pinged` follows. */
  ping(ping: OutgoingPing): ExchangeId;
  /** REGISTER; `registered` follows. */
  register(request: OutgoingRegister): ExchangeId;
  /** Call-ID of a session that is not over yet. */
  callIdOf(session: SessionId): string | undefined;
  /** Live contacts of a user. */
  bindings(username: string): readonly Binding[];
  /** The address and port that a peer at `host` should be told to reach us at by this transport. */
  localAddress(transport: TransportName, host: string): { address: string; port: number };
  /** Counters by name: dropped, malformed, retransmissions, transactions, dialogs. */
  counters(): Readonly<Record<string, number>>;
}
