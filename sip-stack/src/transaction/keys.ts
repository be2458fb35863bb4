/** What says which transaction and dialog a message belongs to, read once per message. */
import { headerOf, type SipMessage } from "../message/message.ts";
import { tagOf } from "../message/name-addr.ts";
import { cseqOf } from "../message/values.ts";
import { branchOf, MAGIC_COOKIE, parseVia, type Via } from "../message/via.ts";

export interface Envelope {
  readonly via: Via;
  /** "" when there is none. */
  readonly branch: string;
  readonly callId: string;
  /** "" when there is none (RFC 2543 peers; To of a first request). */
  readonly fromTag: string;
  readonly toTag: string;
  readonly cseqNumber: number;
  readonly cseqMethod: string;
}

/** undefined when one of them is missing or cannot be read. */
export function readEnvelope(message: SipMessage): Envelope | undefined {
  const via = parseVia(headerOf(message, "via") ?? "");
  const cseq = cseqOf(message);
  const callId = headerOf(message, "call-id");
  const from = headerOf(message, "from");
  const to = headerOf(message, "to");
  if (via === undefined || cseq === undefined || callId === undefined) return undefined;
  if (from === undefined || to === undefined) return undefined;
  return {
    via,
    branch: branchOf(via) ?? "",
    callId,
    fromTag: tagOf(from) ?? "",
    toTag: tagOf(to) ?? "",
    cseqNumber: cseq.number,
    cseqMethod: cseq.method,
  };
}

/** §17.1.3: branch of the top Via and method of CSeq. */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

/** §17.2.3; an ACK has the key of its INVITE. */
export function serverKey(envelope: Envelope, method: string): string {
  const served = method === "ACK" ? "INVITE" : method;
  const { via, branch } = envelope;
  if (branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length) {
    return `${branch} ${via.host}:${via.port ?? ""} ${served}`;
  }
  // RFC 2543: no branch to trust. The To tag is left out: an ACK carries the tag of our response.
  const { callId, fromTag, cseqNumber } = envelope;
  return `2543 ${callId} ${fromTag} ${cseqNumber} ${via.host}:${via.port ?? ""} ${branch} ${served}`;
}

/** §8.2.2.2: the same request, whatever path it took. */
export function mergeKey(envelope: Envelope): string {
  return `${envelope.callId} ${envelope.fromTag} ${envelope.cseqNumber} ${envelope.cseqMethod}`;
}
