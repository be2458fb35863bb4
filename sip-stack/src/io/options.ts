/** What an endpoint is made of and what it is beyond its commands. `driver.ts` makes it. */
import type { Clock, Log, Random } from "@voepy/base";
import type { Listener, SessionTimers, SipAddress, SipEndpoint, SipEvent, UserAgentHooks } from "../ua/types.ts";
import type { Dns } from "./dns.ts";
import type { OpenTransport } from "./transport.ts";

/** One message as it went over the wire, for a trace. */
export interface TracedMessage {
  readonly direction: "sent" | "received";
  /** The other end. */
  readonly peer: SipAddress;
  /** Ours, as that end knows it. */
  readonly local: { readonly address: string; readonly port: number };
  /** Empty where the message has none that can be read. */
  readonly callId: string;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: number;
  readonly bytes: Uint8Array;
}

export interface SipEndpointOptions {
  /** At least one. Several of one transport are allowed; the first that suits the peer's address family is sent from. */
  readonly listeners: readonly Listener[];
  /** Default: real sockets by the listener's transport. Tests hand in the emulated network. */
  readonly transports?: OpenTransport | undefined;
  /** Default: the machine's hosts file and name servers. Answers are cached. */
  readonly dns?: Dns | undefined;
  /** PEM file of authorities trusted beside the well-known ones when we connect over TLS. */
  readonly trustedCaFile?: string | undefined;
  /** Realm of our challenges and host of our addresses of record. */
  readonly domain: string;
  /** User-Agent and Server header. */
  readonly userAgentName: string;
  /** For challenges, strongest first. Default `["MD5"]`. */
  readonly digestAlgorithms?: readonly ("MD5" | "SHA-256")[] | undefined;
  /** Of sessions that say nothing else (RFC 4028). Default: `accept`, 1800 s. */
  readonly sessionTimers?: SessionTimers | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hooks: UserAgentHooks;
  /** Never called inside a command: what a command causes is delivered after it has returned. */
  readonly onEvent: (event: SipEvent) => void;
  readonly trace?: ((message: TracedMessage) => void) | undefined;
}

export interface RunningSipEndpoint extends SipEndpoint {
  /** As bound, port 0 replaced by the real one. */
  listeners(): readonly Listener[];
  /** Drops the contacts of a user who is gone, or has another password now. */
  forgetBindings(username: string): void;
  /** Frees the ports and stops all timers; says nothing to peers. No event comes after. */
  close(): Promise<void>;
}

/** `makeSipEndpoint` of driver.ts. Rejects with a CodedError when a listener cannot be bound. */
export type MakeSipEndpoint = (options: SipEndpointOptions) => Promise<RunningSipEndpoint>;
