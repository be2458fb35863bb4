/** A carrier to try voepy with: see `behaviours.ts` for who answers at which number. */

export type { Sound } from "./behaviours.ts";
export { makeSandbox, type Sandbox, type SandboxCallRequest, type SandboxOptions } from "./carrier.ts";
