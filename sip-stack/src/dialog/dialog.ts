/** A dialog as plain data (RFC 3261 §12), how one is made from either side, and what its requests look like. */
import { type Header, headerOf, headersOf, type SipRequest, type SipResponse } from "../message/message.ts";
import { parseNameAddr, tagOf } from "../message/name-addr.ts";
import { paramOf } from "../message/params.ts";
import { parseUri, printUri, type SipUri } from "../message/uri.ts";
import { tokensOf } from "../message/values.ts";
import type { Hop } from "../ua/hop.ts";

export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** "" with an RFC 2543 peer. */
  readonly remoteTag: string;
  /** Value of From in our requests, tag included. */
  readonly local: string;
  /** Value of To in our requests, tag included where there is one. */
  readonly remote: string;
  /** Of our last request. */
  localCseq: number;
  /** Of the peer's last request; undefined before the first (§12.1.2). */
  remoteCseq: number | undefined;
  /** The peer's Contact URI; a target refresh request or its 2xx replaces it (§12.2). */
  remoteTarget: string;
  /** Route headers of our requests, top first. Fixed when the dialog is confirmed. */
  routeSet: readonly string[];
  /** Value of our Contact. */
  readonly contact: string;
  /** Methods of the peer's Allow; empty while it has not said (§20.5). */
  remoteAllow: readonly string[];
  /** Lower-case option tags of the peer's Supported and Require. */
  remoteSupported: readonly string[];
  /** RSeq of the last reliable provisional that was taken (RFC 3262 §4). */
  remoteRseq: number | undefined;
  /** An offer of the INVITE has its answer, so that either side may make a new one (RFC 3311 §5.1). */
  isAgreed: boolean;
  /** Where the peer's messages come from: the way back through a NAT, and the connection to use. */
  peer: Hop;
}

/** Call-ID and both tags (§12). */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** §12.1.1: from a request that we answer with `localTag`. */
export function dialogOfServer(
  request: SipRequest,
  ours: { readonly localTag: string; readonly contact: string; readonly peer: Hop; readonly cseq: number },
): Dialog {
  const from = headerOf(request, "from") ?? "";
  return {
    callId: headerOf(request, "call-id") ?? "",
    localTag: ours.localTag,
    remoteTag: tagOf(from) ?? "",
    local: `${headerOf(request, "to") ?? ""};tag=${ours.localTag}`,
    remote: from,
    localCseq: 0,
    remoteCseq: ours.cseq,
    remoteTarget: contactUri(request) ?? parseNameAddr(from)?.uri ?? "",
    routeSet: headersOf(request, "record-route"),
    contact: ours.contact,
    ...abilitiesOf(request),
    remoteRseq: undefined,
    isAgreed: false,
    peer: ours.peer,
  };
}

/** §12.1.2: from a response with a To tag to our request. */
export function dialogOfClient(
  request: SipRequest,
  response: SipResponse,
  ours: { readonly contact: string; readonly peer: Hop; readonly cseq: number },
): Dialog {
  const from = headerOf(request, "from") ?? "";
  const to = headerOf(response, "to") ?? "";
  return {
    callId: headerOf(request, "call-id") ?? "",
    localTag: tagOf(from) ?? "",
    remoteTag: tagOf(to) ?? "",
    local: from,
    remote: to,
    localCseq: ours.cseq,
    remoteCseq: undefined,
    remoteTarget: contactUri(response) ?? request.requestUri,
    routeSet: headersOf(response, "record-route").reverse(),
    contact: ours.contact,
    ...abilitiesOf(response),
    remoteRseq: undefined,
    isAgreed: false,
    peer: ours.peer,
  };
}

/** §12.2.1.2, §12.2.2: the Contact of a target refresh becomes the target. What the peer can do is noted anew too. */
export function refreshTarget(dialog: Dialog, message: SipRequest | SipResponse): void {
  const uri = contactUri(message);
  if (uri !== undefined) dialog.remoteTarget = uri;
  const { remoteAllow, remoteSupported } = abilitiesOf(message);
  if (remoteAllow.length > 0) dialog.remoteAllow = remoteAllow;
  if (remoteSupported.length > 0) dialog.remoteSupported = remoteSupported;
}

/** §13.2.2.4: the 2xx settles route set and target of a dialog that was early until now. */
export function confirmDialog(dialog: Dialog, response: SipResponse): void {
  dialog.routeSet = headersOf(response, "record-route").reverse();
  refreshTarget(dialog, response);
}

function abilitiesOf(message: SipRequest | SipResponse): Pick<Dialog, "remoteAllow" | "remoteSupported"> {
  const tags = [...tokensOf(message, "supported"), ...tokensOf(message, "require")];
  return { remoteAllow: tokensOf(message, "allow"), remoteSupported: tags.map((tag) => tag.toLowerCase()) };
}

function contactUri(message: SipRequest | SipResponse): string | undefined {
  const contact = headerOf(message, "contact");
  return contact === undefined ? undefined : parseNameAddr(contact)?.uri;
}

export interface DialogRequest {
  readonly method: string;
  /** Complete value of our Via. */
  readonly via: string;
  /** ACK takes the number of its INVITE; all others the next (§12.2.1.1). */
  readonly cseq: number;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

/** §12.2.1.1, strict routers included. */
export function requestInDialog(dialog: Dialog, parts: DialogRequest): SipRequest {
  const { requestUri, routes } = routing(dialog);
  const headers: Header[] = [
    { name: "Via", value: parts.via },
    ...routes.map((value) => ({ name: "Route", value })),
    { name: "Max-Forwards", value: "70" },
    { name: "From", value: dialog.local },
    { name: "To", value: dialog.remote },
    { name: "Call-ID", value: dialog.callId },
    { name: "CSeq", value: `${parts.cseq} ${parts.method}` },
    ...parts.headers,
  ];
  return { kind: "request", method: parts.method, requestUri, headers, body: parts.body };
}

function routing(dialog: Dialog): { requestUri: string; routes: readonly string[] } {
  const first = dialog.routeSet[0];
  const firstUri = first === undefined ? undefined : sipUriOf(first);
  if (firstUri === undefined || paramOf(firstUri.params, "lr") !== undefined) {
    return { requestUri: dialog.remoteTarget, routes: dialog.routeSet };
  }
  // A strict router wants itself in the Request-URI and the target at the end of the route.
  const params = firstUri.params.filter(({ name }) => name !== "method");
  return {
    requestUri: printUri({ ...firstUri, params, headers: undefined }),
    routes: [...dialog.routeSet.slice(1), `<${dialog.remoteTarget}>`],
  };
}

/** The SIP URI in a name-addr. */
export function sipUriOf(nameAddr: string): SipUri | undefined {
  const text = parseNameAddr(nameAddr)?.uri;
  const uri = text === undefined ? undefined : parseUri(text);
  return uri?.kind === "sip" ? uri : undefined;
}
