/** After a failed attempt at a gateway: is the next one tried (SPEC 4.17)? And where may a redirection lead? */
import type { GatewayRecord } from "@voepy/store";

export interface AttemptFailure {
  readonly cause: "response" | "timeout" | "transport" | "cancelled";
  readonly status: number;
}

/** On transport errors, silence, 408, 480 and 5xx; what a person or a numbering plan said (404, 486, 6xx) is final. */
export function mayTryNext({ cause, status }: AttemptFailure): boolean {
  if (cause === "transport" || cause === "timeout") return true;
  return cause === "response" && (status === 408 || status === 480 || (status >= 500 && status < 600));
}

/** How many redirections one call follows. */
export const REDIRECT_HOPS = 3;

/** Of many contacts of one 3xx, the most that are tried. */
const MOST_CONTACTS = 4;

export interface RedirectContact {
  readonly uri: string;
  readonly user: string;
  readonly host: string;
  /** `q`, 0–1; 1 when absent. */
  readonly preference: number;
}

/**
 * Contacts of a 3xx that may be called, best first. Toll fraud: a carrier's redirection must not make us call just
 * anybody, so it leads to a gateway of the route, or anywhere else only with the very number that was dialled.
 */
export function allowedRedirects(
  contacts: readonly RedirectContact[],
  known: {
    readonly gateways: readonly GatewayRecord[];
    /** The number as it was sent. */
    readonly dialled: string;
    /** URIs this call has been sent to. */
    readonly visited: ReadonlySet<string>;
  },
): RedirectContact[] {
  const isGateway = (host: string): boolean =>
    known.gateways.some((gateway) => gateway.host.toLowerCase() === host.toLowerCase());
  return contacts
    .filter((contact) => !known.visited.has(contact.uri))
    .filter((contact) => isGateway(contact.host) || contact.user === known.dialled)
    .sort((a, b) => b.preference - a.preference)
    .slice(0, MOST_CONTACTS);
}
