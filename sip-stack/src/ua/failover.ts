/**
 * An outgoing INVITE among several servers of its target (RFC 3263 §4.3): the next is tried after a transport error, a
 * 503, or silence, each time by a new transaction. A server that was given up and answers after all is sent away: its
 * provisional is met by CANCEL, its 2xx by ACK and BYE.
 */
import { makeCancel } from "../message/build.ts";
import { isIpv4, isIpv6 } from "../message/ip.ts";
import { headerOf, type SipResponse } from "../message/message.ts";
import { retryAfterOf } from "../message/values.ts";
import { branchOf, parseVia } from "../message/via.ts";
import { PATIENCE_MS } from "../transaction/timers.ts";
import type { Transaction } from "../transaction/transaction.ts";
import { byeDialog } from "./bye.ts";
import type { Core } from "./core.ts";
import { acknowledge, acknowledgeAgain, dialogOfFork, toTagOf } from "./forks.ts";
import { defaultPort, type Hop } from "./hop.ts";
import { startForSession } from "./in-dialog.ts";
import { inviteFailed, inviteSize, receiveInviteResponse, sendInvite } from "./invite-out.ts";
import type { OutSession, Owner } from "./session.ts";

/** Without an answer within this the next server is tried; timer B would take half a minute. */
const HOP_PATIENCE_MS = 4_000;
/** How long a server that failed is tried last. */
const AVOID_MS = 30_000;
const MAX_AVOID_MS = 300_000;

/** Sends, where nothing has to be found out first. */
export function startOut(core: Core, session: OutSession, nowMs: number): void {
  const { target, requestUri } = session.request;
  const host = target.host.startsWith("[") ? target.host.slice(1, -1) : target.host;
  const { transport, port, flow } = target;
  if (transport !== undefined && (isIpv4(host) || isIpv6(host))) {
    const hop = { transport, address: host, port: port ?? defaultPort(transport), flow };
    return sendInvite(core, session, hop, nowMs);
  }
  const isSecure = requestUri.toLowerCase().startsWith("sips:");
  const sizeBytes = transport === undefined ? inviteSize(core, session) : 0;
  core.locate(session.id, { host, port, transport, isSecure, sizeBytes });
}

/** The servers were found. */
export function startAmong(core: Core, session: OutSession, hops: readonly Hop[], nowMs: number): void {
  session.alternatives = hops;
  if (!tryNext(core, session, nowMs)) inviteFailed(core, session, "transport", nowMs);
}

/** A response to an INVITE of ours. */
export function receiveOutResponse(
  core: Core,
  session: OutSession,
  came: { readonly transaction: Transaction<Owner>; readonly response: SipResponse },
  nowMs: number,
): void {
  const { transaction, response } = came;
  if (transaction !== session.transaction) return receiveLate(core, session, came, nowMs);
  core.stopAlarm(session, "nextHop");
  // §4.3: not once somebody was heard ringing behind that server.
  if (response.status === 503 && session.early.size === 0) {
    noteFailure(core, session, retryAfterOf(response));
    if (tryNext(core, session, nowMs)) return;
  }
  receiveInviteResponse(core, session, response, nowMs);
}

/** No final response: timer B, or a transport that gave up. */
export function outFailed(
  core: Core,
  session: OutSession,
  transaction: Transaction<Owner>,
  { cause, nowMs }: { readonly cause: "timeout" | "transport"; readonly nowMs: number },
): void {
  if (transaction !== session.transaction) return;
  noteFailure(core, session, undefined);
  if (!tryNext(core, session, nowMs)) inviteFailed(core, session, cause, nowMs);
}

/** The connection is gone by which a browser would have answered; nobody can make it again but the browser (RFC 7118). */
export function flowLost(core: Core, session: OutSession, flow: string, nowMs: number): void {
  const { transaction } = session;
  if (session.phase !== "pending" || transaction === undefined || transaction.peer.flow !== flow) return;
  if (transaction.peer.transport !== "ws" && transaction.peer.transport !== "wss") return;
  core.transactions.abandon(transaction);
  outFailed(core, session, transaction, { cause: "transport", nowMs });
}

/** The server being tried is silent. */
export function giveUpHop(core: Core, session: OutSession, nowMs: number): void {
  const { transaction } = session;
  if (session.phase !== "pending" || session.hasProvisional || transaction === undefined) return;
  noteFailure(core, session, undefined);
  core.transactions.hush(transaction);
  session.late.set(transaction, false);
  tryNext(core, session, nowMs);
}

/** §9.1: what was cancelled late and never finally answered is forgotten. */
export function abandonLate(core: Core, session: OutSession): void {
  for (const transaction of session.late.keys()) core.transactions.abandon(transaction);
}

/** False: nobody is left, or the call is not wanted any more. */
function tryNext(core: Core, session: OutSession, nowMs: number): boolean {
  const [hop, ...others] = session.alternatives ?? [];
  if (hop === undefined || session.phase !== "pending" || session.isCancelled) return false;
  session.alternatives = others;
  if (session.transaction !== undefined) {
    core.count("failovers");
    // A number of its own, so that a user behind both servers does not take it for a repeat.
    session.cseq++;
    session.tries = 1;
  }
  if (!session.alarms.has("firstResponse")) {
    core.setAlarm(session, "firstResponse", nowMs + (session.request.firstResponseMs ?? PATIENCE_MS));
  }
  sendInvite(core, session, hop, nowMs);
  if (others.length > 0) {
    // All servers together have the time that one alone would have.
    const leftMs = (session.alarms.get("firstResponse")?.atMs ?? nowMs) - nowMs;
    core.setAlarm(session, "nextHop", nowMs + Math.min(HOP_PATIENCE_MS, leftMs / (others.length + 1)));
  }
  return true;
}

function noteFailure(core: Core, session: OutSession, retryAfterS: number | undefined): void {
  core.stopAlarm(session, "nextHop");
  if (session.hop === undefined || session.alternatives === undefined) return;
  core.avoid(session.hop, retryAfterS === undefined ? AVOID_MS : Math.min(retryAfterS * 1000, MAX_AVOID_MS));
}

function receiveLate(
  core: Core,
  session: OutSession,
  { transaction, response }: { readonly transaction: Transaction<Owner>; readonly response: SipResponse },
  nowMs: number,
): void {
  core.count("lateAnswers");
  if (response.status < 200) sendLateCancel(core, session, transaction, nowMs);
  else if (response.status < 300) sendAway(core, session, { transaction, response }, nowMs);
}

function sendLateCancel(core: Core, session: OutSession, transaction: Transaction<Owner>, nowMs: number): void {
  if (session.late.get(transaction) !== false) return;
  session.late.set(transaction, true);
  const request = makeCancel(transaction.request, []);
  const via = parseVia(headerOf(request, "via") ?? "");
  core.setAlarm(session, "latePatience", nowMs + PATIENCE_MS);
  const branch = (via === undefined ? undefined : branchOf(via)) ?? "";
  startForSession(core, session, { request, branch, peer: transaction.peer, usage: "cancel" }, nowMs);
}

/** §13.2.2.4 for a branch nobody waits for. A repeated 2xx gets its ACK again. */
function sendAway(
  core: Core,
  session: OutSession,
  { transaction, response }: { readonly transaction: Transaction<Owner>; readonly response: SipResponse },
  nowMs: number,
): void {
  if (acknowledgeAgain(core, session, toTagOf(response))) return;
  const dialog = dialogOfFork(core, session, response, transaction);
  acknowledge(core, session, dialog, { transaction });
  byeDialog(core, session, dialog, { nowMs });
}
