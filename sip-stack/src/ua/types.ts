/**
 * What call-control and the sandbox see of SIP: commands down, events up, all plain data. Inside, `UserAgent`
 * takes (bytes, now) and yields effects; `io/driver.ts` gives it sockets and one timer.
 */
import type { Header } from "../message/message.ts";

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
  readonly sdp: string;
  readonly headers: readonly Header[];
  /** Answers to a 401/407 of this target only; at most two tries (RFC 3261 §22.2). */
  readonly credentials?: Credentials | undefined;
  /** No provisional within this: `failed` with cause `timeout` (ms). Default: timer B, 64 × T1. */
  readonly firstResponseMs?: number | undefined;
}

/** One request of ours outside of any call, and its answer; ours, opaque. */
export type ExchangeId = string;

/** Where a request outside of any call is sent. A host name is resolved by the driver. */
export interface ExchangeTarget {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
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
    }
  /** The caller gave up (CANCEL); 487 has been sent. */
  | { readonly type: "cancelled"; readonly session: SessionId; readonly q850: number | undefined }
  /** ACK to our 2xx; `sdp` is the answer to a late offer. */
  | { readonly type: "confirmed"; readonly session: SessionId; readonly sdp: string | undefined }
  /** 101–199 to our INVITE. `branch` tells forked early dialogs apart. */
  | {
      readonly type: "progress";
      readonly session: SessionId;
      readonly branch: string;
      readonly status: number;
      readonly reason: string;
      readonly sdp: string | undefined;
    }
  /** First 2xx to our INVITE; ACK has been sent. Later 2xx of other branches are ACKed and BYEd inside. */
  | {
      readonly type: "answered";
      readonly session: SessionId;
      readonly branch: string;
      readonly sdp: string | undefined;
      readonly callId: string;
      readonly headers: readonly Header[];
    }
  | {
      readonly type: "failed";
      readonly session: SessionId;
      readonly cause: "response" | "timeout" | "transport" | "cancelled";
      /** 408 for a timeout, 503 for a transport error (§8.1.3.1), 487 for cancelled. */
      readonly status: number;
      readonly reason: string;
      readonly q850: number | undefined;
      /** Of the response: Retry-After of a 503, Contact of a 3xx. Empty when there was none. */
      readonly headers: readonly Header[];
    }
  /** re-INVITE or UPDATE; must be followed by `answerOffer`. `sdp` undefined: the peer wants our offer. */
  | { readonly type: "offer"; readonly session: SessionId; readonly sdp: string | undefined }
  /** Our `offer` was answered. */
  | { readonly type: "offerAnswered"; readonly session: SessionId; readonly sdp: string | undefined }
  | { readonly type: "offerRefused"; readonly session: SessionId; readonly status: number }
  | {
      readonly type: "ended";
      readonly session: SessionId;
      readonly cause: "bye" | "ackTimeout" | "sessionExpired" | "transport";
      readonly q850: number | undefined;
    }
  | { readonly type: "info"; readonly session: SessionId; readonly contentType: string; readonly body: string }
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
  /** 101–199 to an incoming INVITE. */
  progress(
    session: SessionId,
    answer: { status: number; reason?: string; sdp?: string; headers?: readonly Header[] },
  ): boolean;
  accept(session: SessionId, answer: { sdp: string; headers?: readonly Header[] }): boolean;
  /** Final 3xx–6xx to an incoming INVITE. */
  refuse(session: SessionId, answer: { status: number; reason?: string; headers?: readonly Header[] }): boolean;
  /** Takes back our INVITE: CANCEL as soon as a provisional allows (§9.1); a 2xx that crosses is ACKed and BYEd. `failed` follows. */
  cancel(session: SessionId, why?: { headers?: readonly Header[] }): boolean;
  /** Ends an answered session, either direction. No event follows. */
  bye(session: SessionId, why?: { headers?: readonly Header[] }): boolean;
  /** re-INVITE. */
  offer(session: SessionId, sdp: string): boolean;
  answerOffer(session: SessionId, answer: { sdp: string } | { status: number; reason: string }): boolean;
  info(session: SessionId, body: { contentType: string; body: string }): boolean;
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
