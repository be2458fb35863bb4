/** May this call be placed? Pure: facts in, refusal or undefined out. Order of checks: SPEC 4.18. */
import { CodedError } from "@voepy/base";
import type { Directory } from "./directory.ts";

export interface DialFacts {
  readonly tenantId: string;
  readonly from: string;
  /** User part of `from` when it is a URI of our domain. */
  readonly fromUser: string | undefined;
  readonly wantsForwarding: boolean;
  /** Live calls of the tenant, this one not counted. */
  readonly liveCalls: number;
  /** Calls the tenant began in the last second. */
  readonly callsLastSecond: number;
}

/** The refusal as the API gives it; undefined: go ahead. */
export function admit(directory: Directory, facts: DialFacts): CodedError | undefined {
  const tenant = directory.tenant(facts.tenantId);
  if (tenant === undefined) return new CodedError("forbidden", `tenant ${facts.tenantId} does not exist`);
  if (!ownsCallerId(directory, facts) && !(facts.wantsForwarding && tenant.allowCallerIdForwarding)) {
    const why = facts.wantsForwarding
      ? "caller id forwarding is not enabled for this account"
      : "it is not one of your numbers";
    return new CodedError("from_number_not_owned", `from ${facts.from} may not be used: ${why}`, { param: "from" });
  }
  if (facts.liveCalls >= tenant.maxConcurrentCalls) {
    return new CodedError(
      "concurrency_limit_exceeded",
      `${tenant.maxConcurrentCalls} calls are up, which is the limit`,
      {
        details: { limit: tenant.maxConcurrentCalls },
      },
    );
  }
  if (facts.callsLastSecond >= tenant.maxCps) {
    return new CodedError("cps_limit_exceeded", `more than ${tenant.maxCps} calls a second`, {
      details: { limit: tenant.maxCps },
    });
  }
  return undefined;
}

function ownsCallerId(directory: Directory, facts: DialFacts): boolean {
  if (facts.fromUser !== undefined) return directory.user(facts.fromUser)?.tenantId === facts.tenantId;
  if (directory.number(facts.from)?.tenantId === facts.tenantId) return true;
  return directory.userByNumber(facts.tenantId, facts.from) !== undefined;
}
