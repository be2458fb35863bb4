/** Messages that follow from others: responses (RFC 3261 §8.2.6), the ACK of a hop (§17.1.1.3), CANCEL (§9.1). */
import { type Header, headerOf, type SipRequest, type SipResponse } from "./message.ts";
import { tagOf, withTag } from "./name-addr.ts";
import { reasonPhrase } from "./reason.ts";
import { parseCSeq } from "./values.ts";

export interface Body {
  readonly contentType: string;
  readonly content: Uint8Array;
}

export interface ResponseParts {
  /** Default: the phrase of the code. */
  readonly reason?: string | undefined;
  /** Goes into To unless the request has a tag there already or the status is 100. */
  readonly toTag?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
  readonly body?: Body | undefined;
}

const NO_BODY = new Uint8Array(0);

export function textBody(contentType: string, text: string): Body {
  return { contentType, content: Buffer.from(text, "utf8") };
}

/** Content-Length is written by `serialise`. */
export function makeResponse(request: SipRequest, status: number, more: ResponseParts = {}): SipResponse {
  const headers: Header[] = [];
  for (const header of request.headers) {
    const name = header.name.toLowerCase();
    // §8.2.6.2: To is the same, plus a tag of ours where there is none, save in a 100.
    if (name === "to") headers.push({ name: "To", value: taggedTo(header.value, status, more.toTag) });
    else if (COPIED.has(name) || copiesHere(name, request, status)) headers.push(header);
  }
  if (more.headers !== undefined) headers.push(...more.headers);
  if (more.body !== undefined) headers.push({ name: "Content-Type", value: more.body.contentType });
  return {
    kind: "response",
    status,
    reason: more.reason ?? reasonPhrase(status),
    headers,
    body: more.body?.content ?? NO_BODY,
  };
}

/** §8.2.6.2: equal to the request's, Via in the same order. */
const COPIED = new Set(["via", "from", "call-id", "cseq"]);

function copiesHere(name: string, request: SipRequest, status: number): boolean {
  // §12.1.1: every response that makes a dialog carries the route set back.
  if (name === "record-route") return request.method === "INVITE" && status > 100 && status < 300;
  // §8.2.6.1
  return name === "timestamp" && status === 100;
}

function taggedTo(value: string, status: number, toTag: string | undefined): string {
  if (toTag === undefined || status === 100 || tagOf(value) !== undefined) return value;
  return withTag(value, toTag);
}

/** Answer of the INVITE's client transaction to a 300–699 (§17.1.1.3). */
export function makeAck(invite: SipRequest, response: SipResponse): SipRequest {
  return sameHop(invite, "ACK", headerOf(response, "to"));
}

/** Takes back a pending INVITE; `headers` may say why (RFC 3326). Sent only after a provisional (§9.1). */
export function makeCancel(invite: SipRequest, headers: readonly Header[] = []): SipRequest {
  const cancel = sameHop(invite, "CANCEL", headerOf(invite, "to"));
  return { ...cancel, headers: [...cancel.headers, ...headers] };
}

/** Same Request-URI, top Via, Call-ID, From, Route and CSeq number as the INVITE. */
function sameHop(invite: SipRequest, method: string, to: string | undefined): SipRequest {
  const headers: Header[] = [];
  const copy = (name: string, value: string | undefined): void => {
    if (value !== undefined) headers.push({ name, value });
  };
  copy("Via", headerOf(invite, "via"));
  for (const header of invite.headers) if (header.name.toLowerCase() === "route") headers.push(header);
  copy("Max-Forwards", "70");
  copy("From", headerOf(invite, "from"));
  copy("To", to);
  copy("Call-ID", headerOf(invite, "call-id"));
  copy("CSeq", `${parseCSeq(headerOf(invite, "cseq") ?? "")?.number ?? 1} ${method}`);
  return { kind: "request", method, requestUri: invite.requestUri, headers, body: NO_BODY };
}
