/** Settings that are read and checked but not carried out yet: said at start, so that none is silently ignored. */
import type { Config } from "./config-schema.ts";

export function notCarriedOut(config: Config): string[] {
  const said: string[] = [];
  if (config.speech.stt !== undefined && config.speech.stt !== "auto") said.push("speech.stt");
  for (const tenant of config.tenants) {
    if (tenant.billing.enabled) said.push(`tenants.${tenant.id}.billing`);
    if (tenant.rates.length > 0) said.push(`tenants.${tenant.id}.rates`);
    const { allowed_countries, blocked_countries, blocked_prefixes } = tenant.quota;
    if (allowed_countries !== null) said.push(`tenants.${tenant.id}.quota.allowed_countries`);
    if (blocked_countries.length > 0) said.push(`tenants.${tenant.id}.quota.blocked_countries`);
    if (blocked_prefixes.length > 0) said.push(`tenants.${tenant.id}.quota.blocked_prefixes`);
    for (const route of tenant.routes) {
      if (route.dtmf === "info" || route.dtmf === "inband") said.push(`routes.${route.id}.dtmf: ${route.dtmf}`);
    }
  }
  return said;
}
