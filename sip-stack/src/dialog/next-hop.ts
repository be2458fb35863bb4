/**
 * Where a request of a dialog is sent (RFC 3261 §12.2.1.1, §8.1.2): to the first route, else to the remote target.
 * Deviations, all towards where the peer was seen: a private Contact of a peer seen elsewhere is behind a NAT; a host
 * name in a stranger's Contact or Record-Route is not looked up; a connection the peer uses is used again.
 */
import { isIpv4, isIpv6 } from "../message/ip.ts";
import { paramOf } from "../message/params.ts";
import { parseUri, type SipUri } from "../message/uri.ts";
import { defaultPort, type Hop, isPrivate } from "../ua/hop.ts";
import type { TransportName } from "../ua/types.ts";
import { type Dialog, sipUriOf } from "./dialog.ts";

export function nextHop(dialog: Dialog): Hop {
  const { peer } = dialog;
  // RFC 7118 §5: a browser is reached by its own connection or not at all, whatever address it says.
  if (peer.transport === "ws" || peer.transport === "wss") return peer;
  const route = dialog.routeSet[0];
  const uri = route === undefined ? sipUriOfText(dialog.remoteTarget) : sipUriOf(route);
  if (uri === undefined || !(isIpv4(uri.host) || isIpv6(uri.host))) return peer;
  if (uri.host !== peer.address && isPrivate(uri.host)) return peer;
  const transport = transportOf(uri);
  const port = uri.port ?? defaultPort(transport);
  if (transport !== peer.transport) return { transport, address: uri.host, port };
  // The flow is tried first, the address when it is gone.
  const sameHost = uri.host === peer.address;
  // One of the peer's machines must show the same certificate name as the first.
  const { listener, name } = peer;
  return { transport, address: uri.host, port, listener, name, ...(sameHost && { flow: peer.flow }) };
}

function sipUriOfText(text: string): SipUri | undefined {
  const uri = parseUri(text);
  return uri?.kind === "sip" ? uri : undefined;
}

function transportOf(uri: SipUri): TransportName {
  const named = paramOf(uri.params, "transport")?.toLowerCase();
  if (uri.scheme === "sips") return named === "ws" || named === "wss" ? "wss" : "tls";
  if (named === "tcp" || named === "tls" || named === "ws" || named === "wss") return named;
  return "udp";
}
