/** Taking a bridge apart while its calls go on. */
import type { LiveCall } from "../call/call.ts";
import { endCall, endLeg } from "../call/end.ts";
import type { World } from "../world.ts";
import { leave } from "./leave.ts";

export function unbridgeCall(world: World, call: LiveCall): void {
  const { bridge } = call.primary;
  if (bridge === undefined) return;
  // Nobody is ended by this: each call that has a party left keeps it.
  for (const member of bridge.members) if (member.role === "primary") bridge.parked.add(member.call.id);
  const orphans = leave(world, call.primary);
  call.primary.patch({ status: "answered" });
  call.advance("unbridged", { bridgeId: null });
  for (const orphan of orphans) {
    if (orphan.call === call) endLeg(world, orphan, { reason: "completed", initiator: "api" });
    else endCall(world, orphan.call, { reason: "completed", initiator: "api" });
  }
}
