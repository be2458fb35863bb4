/** A trace as the API shows it: a ladder of messages, read only now. */
import { isoTime } from "@voepy/base";
import type { JsonObject } from "../serialize/call.ts";
import { maskSecrets } from "./mask.ts";
import type { CallTrace, LegMessage } from "./traces.ts";

const STATUS_LINE = /^SIP\/2\.0 (\d{3})(?: |$)/i;
const CSEQ = /^CSeq[ \t]*:[ \t]*(\d+)[ \t]+(\S+)/im;

export function serializeTrace(callId: string, trace: CallTrace): JsonObject {
  const startMs = trace.messages[0]?.wallMs ?? 0;
  const seen = new Set<string>();
  return {
    call_id: callId,
    dropped_messages: trace.dropped,
    messages: trace.messages.map((message) => {
      const key = `${message.direction} ${message.text}`;
      const isRepeat = seen.has(key);
      seen.add(key);
      return serializeMessage(message, startMs, isRepeat);
    }),
  };
}

function serializeMessage(message: LegMessage, startMs: number, isRepeat: boolean): JsonObject {
  const { direction, peer, local, wallMs, sizeBytes, sipCallId, legId } = message;
  const firstLine = /^[^\r\n]*/.exec(message.text)?.[0] ?? "";
  const status = STATUS_LINE.exec(firstLine)?.[1];
  const [, cseq, cseqMethod] = CSEQ.exec(message.text) ?? [];
  return {
    time: isoTime(wallMs),
    offset_ms: Math.round(wallMs - startMs),
    direction,
    transport: peer.transport,
    local: { address: local.address, port: local.port },
    remote: { address: peer.address, port: peer.port },
    first_line: utf8(firstLine),
    method:
      status === undefined
        ? utf8(firstLine.split(" ", 1)[0] ?? "")
        : cseqMethod === undefined
          ? null
          : utf8(cseqMethod),
    status: status === undefined ? null : Number(status),
    cseq: cseq === undefined ? null : Number(cseq),
    sip_call_id: sipCallId,
    leg_id: legId,
    retransmission: isRepeat,
    size_bytes: sizeBytes,
    text: utf8(maskSecrets(message.text)),
  };
}

/** Bytes that are no UTF-8 show as U+FFFD. */
function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
