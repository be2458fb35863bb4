/** `POST /v1/sandbox/calls`: an inbound call from a far end of the sandbox, to try a program without a trunk. */
import { CodedError } from "@voepy/base";
import { z } from "zod";
import { keyedRoute, type Route } from "../route.ts";

export interface SandboxCall {
  /** One of the tenant's numbers. */
  readonly to: string;
  readonly from: string | undefined;
  /** What the caller does once answered; the sandbox says which it knows. */
  readonly scenario: string | undefined;
}

/** What the API asks of the sandbox carrier. */
export interface SandboxCalls {
  /** Calls `to` from a new far end. `id` names that far end. Throws CodedError for a scenario or number it does not know. */
  place(tenantId: string, call: SandboxCall): Promise<{ id: string }>;
}

const e164 = z.string().regex(/^\+[1-9][0-9]{1,14}$/, "must be E.164 (+15125550100)");

const placeBody = z
  .strictObject({ to: e164, from: e164.optional(), scenario: z.string().min(1).max(64).optional() })
  .meta({ id: "SandboxCallRequest" });

export function sandboxRoutes(sandbox: SandboxCalls | undefined): Route[] {
  return [
    keyedRoute({
      method: "post",
      path: "/v1/sandbox/calls",
      scope: "calls:write",
      input: placeBody,
      opensCall: true,
      doc: {
        operationId: "placeSandboxCall",
        summary: "Have the sandbox call one of your numbers",
        tag: "Sandbox",
        success: { status: 201, schema: "SandboxCall" },
        refusals: ["not_found", "engine_not_configured", "draining"],
        examples: { call: { to: "+15125550100" } },
      },
      run: async ({ tenantId, input: { to, from, scenario } }) => {
        if (sandbox === undefined) throw new CodedError("engine_not_configured", "the sandbox carrier is turned off");
        return { status: 201, json: await sandbox.place(tenantId, { to, from, scenario }) };
      },
    }),
  ];
}
