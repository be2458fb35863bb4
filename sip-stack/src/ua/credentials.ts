/**
 * Answering challenges to requests of our own (RFC 3261 §22.2). Only of sessions we started, only with the credentials
 * that came with the session, and inside its dialog only to the realm that its INVITE was asked for: whoever else
 * challenges a BYE wants a hash to crack.
 */

import { strongestChallenge } from "../digest/challenge.ts";
import { answerChallenge, noTries } from "../digest/client.ts";
import type { Header, SipRequest, SipResponse } from "../message/message.ts";
import { cseqOf } from "../message/values.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Core } from "./core.ts";
import { startForSession } from "./in-dialog.ts";
import type { Owner, Session } from "./session.ts";

/** Credentials of a request, which its ACK repeats (§22.1). */
export function credentialHeaders(request: SipRequest): Header[] {
  return request.headers.filter(({ name }) => name === "Authorization" || name === "Proxy-Authorization");
}

/**
 * The request once more, with credentials; undefined when the response is no challenge or is not to be answered. A
 * request that carried credentials is not tried again, `stale` or not: its nonce was a moment old.
 */
export function retryWithCredentials(
  core: Core,
  session: Session,
  { transaction, response }: { transaction: Transaction<Owner>; response: SipResponse },
  nowMs: number,
): Transaction<Owner> | undefined {
  if (response.status !== 401 && response.status !== 407) return undefined;
  const { owner, request, peer } = transaction;
  const credentials = session.direction === "out" ? session.request.credentials : undefined;
  if (credentials === undefined || session.direction !== "out" || !("session" in owner)) return undefined;
  if (credentialHeaders(request).length > 0) return undefined;
  const realm = strongestChallenge(response)?.realm;
  if (owner.usage !== "invite" && (realm === undefined || realm !== session.realm)) return undefined;
  const answered = answerChallenge(request, response, { credentials, tries: noTries, random: core.options.random });
  if (answered === undefined) return undefined;
  session.realm = realm;
  const cseq = (cseqOf(request)?.number ?? 0) + 1;
  if (session.dialog !== undefined) session.dialog.localCseq = Math.max(session.dialog.localCseq, cseq);
  // §22.2, §8.1.3.5: a new transaction with the next number.
  const { via, branch } = core.makeVia(peer);
  const headers = answered.request.headers.map((header) => {
    if (header.name === "Via") return { name: "Via", value: via };
    return header.name === "CSeq" ? { name: "CSeq", value: `${cseq} ${request.method}` } : header;
  });
  return startForSession(
    core,
    session,
    { request: { ...answered.request, headers }, branch, peer, usage: owner.usage },
    nowMs,
  );
}
