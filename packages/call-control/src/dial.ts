/** A call is born here, or in `inbound.ts`: `POST /v1/calls`. */
import { CodedError } from "@voepy/base";
import { admit } from "@voepy/policy";
import type { CallDetail } from "@voepy/store";
import { newCall } from "./call/birth.ts";
import type { LiveCall } from "./call/call.ts";
import { endCall } from "./call/end.ts";
import type { Failure } from "./leg/failure.ts";
import { type Outcome, startOutgoing, stopAttempts } from "./leg/outgoing.ts";
import { makePlan, type Plan, sipParts } from "./leg/plan.ts";
import { playUrl, stopPlayback } from "./playout.ts";
import { recordAsWished } from "./recordings.ts";
import type { DialBody } from "./schema/dial.ts";
import { streamWishOf } from "./schema/stream.ts";
import { streamSpec } from "./stream/spec.ts";
import { streamAsWished } from "./stream/streaming.ts";
import type { World } from "./world.ts";

/** Checks, stores, and only then lets the INVITE leave. Throws CodedError for a refused request. */
export async function dial(
  world: World,
  tenantId: string,
  body: DialBody,
  idempotency: { path: string; key: string } | undefined,
): Promise<CallDetail> {
  refuseMissingEngines(body);
  const wish = streamWishOf(body);
  const spec = wish && streamSpec(world, wish);
  checkRoute(world, tenantId, body.route_id);
  if (body.audio_url !== undefined) world.prompts.check(body.audio_url);
  checkCallerId(world, tenantId, body.from, body.caller_id_forwarding);
  const plan = makePlan(world, {
    tenantId,
    from: body.from,
    displayName: body.from_display_name ?? "",
    privacy: body.privacy,
    to: body.to,
    routeId: body.route_id,
    headers: body.custom_headers ?? [],
  });
  if (plan.type === "nowhere" && plan.refusal !== undefined) throw plan.refusal;
  takeTurn(world, tenantId);
  const call = newDial(world, tenantId, body, plan);
  call.streamSpec = spec;
  if (idempotency !== undefined) call.bindIdempotency(idempotency);
  call.tell("call.started", {}, call.primary);
  await call.flushed();
  const accepted = call.detail();
  call.setTimer("ring", body.timeout_secs * 1000, () => {
    dialFailed(world, call, { reason: "no_answer", sipCode: 408, sipReason: "Request Timeout", q850: null }, "system");
  });
  void startOutgoing(world, call.primary, plan, undefined).then((outcome) => onDialOutcome(world, call, outcome));
  return accepted;
}

/** The next event of the call's own outgoing leg. */
export function onDialOutcome(world: World, call: LiveCall, outcome: Outcome): void {
  if (call.isOver) return;
  const leg = call.primary;
  switch (outcome.type) {
    case "none":
      return;
    case "ringing":
    case "earlyMedia":
      leg.patch({ status: "ringing" });
      call.advance("ringing");
      if (outcome.type === "earlyMedia" && call.earlyAudioUrl !== undefined)
        playUrl(world, leg, { url: call.earlyAudioUrl, loop: 0 });
      recordAsWished(world, leg, "on_ringing");
      return;
    case "answered":
      callAnswered(world, call);
      return;
    case "failed":
      dialFailed(world, call, outcome.failure, "callee");
  }
}

/** Either direction: two-way audio is there. */
export function callAnswered(world: World, call: LiveCall): void {
  const now = world.clock.wallMs();
  call.clearTimer("ring");
  stopPlayback(call.primary, "all");
  call.primary.patch({ status: "answered", answeredAt: now });
  call.advance("answered", { answeredAt: now, sipCode: 200 });
  recordAsWished(world, call.primary, "on_answer");
  streamAsWished(world, call.primary, call.streamSpec);
  call.streamSpec = undefined;
  const limitMs = Math.min(call.timeLimitMs ?? Number.POSITIVE_INFINITY, world.limits.maxCallMs);
  call.setTimer("limit", limitMs, () => endCall(world, call, { reason: "time_limit", initiator: "system" }));
}

function dialFailed(world: World, call: LiveCall, failure: Failure, initiator: "callee" | "system"): void {
  stopAttempts(world, call.primary, []);
  const isOurs = failure.reason === "no_route" || failure.sipCode === null;
  endCall(world, call, { ...failure, initiator: isOurs ? "system" : initiator });
}

function newDial(world: World, tenantId: string, body: DialBody, plan: Plan): LiveCall {
  const { from, to } = body;
  const call = newCall(
    world,
    { tenantId, direction: "outbound", status: "initiated", from, to, routeId: plan.routeId, sipCallId: null },
    {
      customerReference: body.customer_reference ?? null,
      clientState: body.client_state ?? null,
      webhookUrl: body.webhook_url ?? null,
    },
  );
  call.recordWish = body;
  call.earlyAudioUrl = body.audio_url;
  call.timeLimitMs = body.time_limit_secs === undefined ? undefined : body.time_limit_secs * 1000;
  if (body.command_id !== undefined) call.commandsDone.add(body.command_id);
  return call;
}

/** `from` must be the tenant's own, or forwarding allowed; and there must be room for one more call. */
export function checkCallerId(world: World, tenantId: string, from: string, wantsForwarding: boolean): void {
  if (world.registry.live().length >= world.limits.maxCalls) {
    throw new CodedError(
      "concurrency_limit_exceeded",
      `${world.limits.maxCalls} calls are up, which is this server's limit`,
    );
  }
  const uri = sipParts(from);
  const nowMs = world.clock.nowMs();
  const refusal = admit(world.directory(), {
    tenantId,
    from,
    fromUser: uri !== undefined && uri.host === world.domain ? uri.user : undefined,
    wantsForwarding,
    liveCalls: world.registry.liveOf(tenantId),
    callsLastSecond: world.registry.dialsLastSecond(tenantId, nowMs),
  });
  if (refusal !== undefined) throw refusal;
}

/** Counts the dial, for its tenant and the whole server. */
function takeTurn(world: World, tenantId: string): void {
  const nowMs = world.clock.nowMs();
  if (!world.registry.takeTurn(world.limits.cps, nowMs)) {
    throw new CodedError("cps_limit_exceeded", `more than ${world.limits.cps} calls a second on this server`, {
      details: { limit: world.limits.cps },
    });
  }
  world.registry.countDial(tenantId, nowMs);
}

/** A route that is not the tenant's is refused before anything is made. */
export function checkRoute(world: World, tenantId: string, routeId: string | undefined): void {
  if (routeId === undefined || world.directory().route(tenantId, routeId) !== undefined) return;
  throw new CodedError("not_found", `route ${routeId} does not exist`, { param: "route_id" });
}

function refuseMissingEngines(body: DialBody): void {
  if (body.answering_machine_detection === "premium") {
    throw new CodedError("engine_not_configured", "no answering machine detector is configured", {
      param: "answering_machine_detection",
    });
  }
}
