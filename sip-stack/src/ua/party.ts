/** From and To between header text and `PartyId`. */
import { headerOf, type SipMessage } from "../message/message.ts";
import { parseNameAddr, printNameAddr } from "../message/name-addr.ts";
import { parseUri, unescapeUser } from "../message/uri.ts";
import type { PartyId } from "./types.ts";

export function partyOf(message: SipMessage, lowerName: "from" | "to"): PartyId {
  const address = parseNameAddr(headerOf(message, lowerName) ?? "");
  return { uri: address?.uri ?? "", displayName: address?.displayName ?? "" };
}

export function partyText(party: PartyId): string {
  return printNameAddr({ displayName: party.displayName, uri: party.uri, params: [] });
}

/** User part of a SIP URI, unescaped, without a password; undefined without one. */
export function userOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  if (parsed?.kind !== "sip" || parsed.user === undefined) return undefined;
  const user = unescapeUser(parsed.user);
  const colon = user.indexOf(":");
  return colon === -1 ? user : user.slice(0, colon);
}
