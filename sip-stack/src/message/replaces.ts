/** The Replaces header (RFC 3891 §6.1): `call-id;to-tag=…;from-tag=…[;early-only]`. */
import { trimBlanks } from "./chars.ts";
import { hasParam, paramOf, parseParams } from "./params.ts";

/** A dialog as the one who receives Replaces knows it: `toTag` is the receiver's own. */
export interface Replaced {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Only while the call is not answered yet. */
  readonly earlyOnly: boolean;
}

/** undefined when a tag is missing or it cannot be read. */
export function parseReplaces(value: string): Replaced | undefined {
  const semicolon = value.indexOf(";");
  const callId = trimBlanks(semicolon === -1 ? "" : value.slice(0, semicolon));
  const params = semicolon === -1 ? undefined : parseParams(value, semicolon);
  const toTag = params === undefined ? undefined : paramOf(params, "to-tag");
  const fromTag = params === undefined ? undefined : paramOf(params, "from-tag");
  if (callId === "" || params === undefined || toTag === undefined || fromTag === undefined) return undefined;
  return { callId, toTag: tag(toTag), fromTag: tag(fromTag), earlyOnly: hasParam(params, "early-only") };
}

/** §3: "0" stands for the missing tag of an RFC 2543 peer. */
function tag(value: string): string {
  return value === "0" ? "" : value;
}

export function printReplaces(dialog: Replaced): string {
  const early = dialog.earlyOnly ? ";early-only" : "";
  return `${dialog.callId};to-tag=${dialog.toTag || "0"};from-tag=${dialog.fromTag || "0"}${early}`;
}
