/** Whether the running voepy is registered where its routes want it to be: only it can know. */
import { z } from "zod";
import type { Config } from "../config-schema.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { apiUrl } from "./listeners.ts";

const WITHIN_MS = 3000;

const routeAnswer = z.object({
  registration: z.object({ status: z.string(), reason: z.string().nullable() }).nullable(),
});
export type RegistrationAnswer = z.output<typeof routeAnswer>["registration"];

/** `key`: of the environment; else the first that the configuration has for the tenant. */
export async function* checkRegistrations(
  config: Config,
  isRunning: boolean,
  key: string | undefined,
): AsyncGenerator<Finding> {
  for (const tenant of config.tenants) {
    for (const { id, auth } of tenant.routes) {
      if (auth.mode !== "registration") continue;
      const check = `route ${id} registration`;
      const known = tenant.api_keys[0]?.key ?? key;
      if (!isRunning) yield ok(check, "told while voepy runs: start it and ask again");
      else if (known === undefined) yield warn(check, "needs an API key to be asked for", "set VOEPY_API_KEY");
      else yield await ask(check, `${apiUrl(config)}/v1/routes/${encodeURIComponent(id)}`, known);
    }
  }
}

async function ask(check: string, url: string, key: string): Promise<Finding> {
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(WITHIN_MS),
  })
    .then((response): Promise<unknown> => response.json())
    .then(
      (body) => routeAnswer.safeParse(body),
      () => undefined,
    );
  if (answer?.success === true) return judge(check, answer.data.registration);
  return warn(check, "the running voepy does not tell", "has it this route, and the key the scope config:read?");
}

export function judge(check: string, registration: RegistrationAnswer): Finding {
  if (registration === null)
    return warn(
      check,
      "the running voepy does not register it",
      "it was started with another configuration: restart it",
    );
  const { status, reason } = registration;
  const detail = reason === null ? status : `${status}: ${reason}`;
  if (status === "registered") return ok(check, detail);
  if (status === "failed")
    return fail(check, detail, "check username, password and the gateway's address with the carrier");
  return warn(check, detail, "ask again in a moment; the log says how its attempts go");
}
