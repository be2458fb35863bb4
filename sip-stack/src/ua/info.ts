/** INFO (RFC 6086, without info packages: digits and what applications send each other). */

import { textBody } from "../message/build.ts";
import { readDtmfInfo } from "../message/dtmf-info.ts";
import { headerOf } from "../message/message.ts";
import { textOf } from "./body.ts";
import type { Core } from "./core.ts";
import { type CameInDialog, sendInDialog } from "./in-dialog.ts";
import type { Session } from "./session.ts";

/** The command. */
export function sendInfo(
  core: Core,
  session: Session,
  content: { contentType: string; body: string },
  nowMs: number,
): boolean {
  if (session.phase !== "answered" || session.dialog === undefined) return false;
  const body = textBody(content.contentType, content.body);
  sendInDialog(core, session, { dialog: session.dialog, method: "INFO", usage: "info", body }, nowMs);
  return true;
}

export function receiveInfo(core: Core, session: Session, came: CameInDialog, nowMs: number): void {
  const transaction = core.serve(came.request, came.envelope, came.source, { usage: "none" });
  // RFC 6086 §4.2.2: a package nobody offered.
  const hasPackage = headerOf(came.request, "info-package") !== undefined;
  core.respond(
    transaction,
    hasPackage ? 469 : 200,
    hasPackage ? { headers: [{ name: "Recv-Info", value: "" }] } : {},
    nowMs,
  );
  if (hasPackage || session.phase === "closing") return;
  const contentType = headerOf(came.request, "content-type") ?? "";
  const body = textOf(came.request);
  core.emit({ type: "info", session: session.id, contentType, body, digit: readDtmfInfo(contentType, body) });
}
