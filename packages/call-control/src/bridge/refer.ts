/**
 * `refer` (RFC 3515): the far end is asked to call somebody itself. It tells by NOTIFY how that goes; when it worked
 * the call ends here as `transferred` (SPEC 4.10).
 */
import { CodedError } from "@voepy/base";
import type { Header, SipEvent } from "@voepy/sip-stack";
import type { LiveCall } from "../call/call.ts";
import { endCall } from "../call/end.ts";
import type { Leg } from "../leg/leg.ts";
import type { World } from "../world.ts";

type ReferEvent = Extract<SipEvent, { type: "referAccepted" | "referNotify" | "referFailed" }>;

/** A referred far end that says nothing for so long has failed, ms. */
const SILENCE_MS = 60_000;
const TIMER = "refer";

/** Throws CodedError `call_not_in_required_state` while an earlier one still runs. */
export function beginRefer(world: World, call: LiveCall, to: string, headers: readonly Header[]): void {
  const { session } = call.primary;
  if (session === undefined || !world.sip.refer(session, { to, headers })) {
    throw new CodedError("call_not_in_required_state", `call ${call.id} is being referred already`, {
      details: { status: call.record.status },
    });
  }
  call.referredTo = to;
  watchSilence(call);
}

export function onReferEvent(world: World, leg: Leg, event: ReferEvent): void {
  const { call } = leg;
  if (call.referredTo === undefined || leg !== call.primary) return;
  switch (event.type) {
    case "referAccepted":
      call.tell("call.refer_started", { sip_address: call.referredTo }, leg);
      // RFC 4488: it will not tell how it went, so it went as asked.
      if (event.isSilent) completed(world, leg, undefined);
      else watchSilence(call);
      return;
    case "referNotify":
      if (!event.isFinal) watchSilence(call);
      else if (event.status !== undefined && event.status < 300) completed(world, leg, event.status);
      else failed(call, leg, { status: event.status, reason: event.reason });
      return;
    case "referFailed":
      failed(call, leg, { status: event.status, reason: event.reason });
  }
}

function watchSilence(call: LiveCall): void {
  call.setTimer(TIMER, SILENCE_MS, () => failed(call, call.primary, { status: 408, reason: "Request Timeout" }));
}

function completed(world: World, leg: Leg, status: number | undefined): void {
  const { call } = leg;
  call.clearTimer(TIMER);
  call.tell("call.refer_completed", { sip_address: call.referredTo ?? "", sip_code: status ?? null }, leg);
  call.referredTo = undefined;
  endCall(world, call, { reason: "transferred", initiator: "api" });
}

function failed(call: LiveCall, leg: Leg, why: { status: number | undefined; reason: string }): void {
  call.clearTimer(TIMER);
  call.tell(
    "call.refer_failed",
    { sip_address: call.referredTo ?? "", sip_code: why.status ?? null, sip_reason: why.reason },
    leg,
  );
  call.referredTo = undefined;
}
