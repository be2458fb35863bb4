/** What every call and leg is born as: known to the registry, traced, and to be stored with the next commit. */
import type { CallDirection, CallRecord, LegRecord } from "@voepy/store";
import { Leg, type LegRole } from "../leg/leg.ts";
import type { World } from "../world.ts";
import { LiveCall } from "./call.ts";

export interface Birth {
  readonly tenantId: string;
  readonly direction: CallDirection;
  readonly status: "initiated" | "ringing";
  readonly from: string;
  readonly to: string;
  readonly routeId: string | null;
  readonly sipCallId: string | null;
}

type Told = Partial<Pick<CallRecord, "customerReference" | "clientState" | "webhookUrl">>;

/** A call with its first leg. */
export function newCall(world: World, birth: Birth, told: Told = {}): LiveCall {
  const { tenantId, direction, status, from, to, routeId } = birth;
  const call = new LiveCall(world, {
    id: world.makeId("call"),
    tenantId,
    nodeId: world.nodeId,
    direction,
    status,
    from,
    to,
    routeId,
    initiatedAt: world.clock.wallMs(),
    answeredAt: null,
    endedAt: null,
    endReason: null,
    endInitiator: null,
    sipCode: null,
    sipReason: null,
    q850Cause: null,
    customerReference: told.customerReference ?? null,
    clientState: told.clientState ?? null,
    webhookUrl: told.webhookUrl ?? null,
    bridgeId: null,
    costCents: null,
    ratingStatus: "pending",
    sequence: 0,
  });
  world.registry.calls.set(call.id, call);
  world.traces.open(call.id);
  newLeg(world, call, "primary", birth);
  return call;
}

type LegBirth = Pick<LegRecord, "direction" | "from" | "to" | "sipCallId"> & { readonly status: Birth["status"] };

export function newLeg(world: World, call: LiveCall, role: LegRole, birth: LegBirth): Leg {
  const { direction, status, from, to, sipCallId } = birth;
  const leg = new Leg(call, role, {
    id: world.makeId("leg"),
    callId: call.id,
    direction,
    status,
    from,
    to,
    sipCallId,
    startedAt: world.clock.wallMs(),
    answeredAt: null,
    endedAt: null,
    endReason: null,
  });
  world.registry.addLeg(leg);
  call.saveLeg(leg.record);
  return leg;
}
