/** What only one may have, but the configuration gives to two: the later one would silently take it from the first. */
import type { Config } from "./config-schema.ts";

export interface Duplicate {
  /** Where the second one stands. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

interface Claim {
  /** What kind of thing, in which space it must be unique: `number`, `key name of acme`. */
  readonly space: string;
  readonly value: string;
  /** Not shown for secrets. */
  readonly shown: string;
  readonly path: readonly (string | number)[];
  /** Fine within one tenant: two routes may use one account of a carrier. */
  readonly withinTenant?: boolean;
}

export function duplicatesOf({ tenants, api }: Pick<Config, "tenants" | "api">): Duplicate[] {
  const first = new Map<string, Pick<Claim, "path" | "withinTenant">>();
  // The operator's key must not be a tenant's.
  if (api.admin_key !== undefined) first.set(JSON.stringify(["key", api.admin_key]), { path: ["api", "admin_key"] });
  return tenants.flatMap((tenant, at) =>
    claimsOf(tenant, ["tenants", at]).flatMap((claim) => {
      const name = JSON.stringify([claim.space, claim.value]);
      const earlier = first.get(name);
      if (earlier === undefined) {
        first.set(name, claim);
        return [];
      }
      const isSameTenant = earlier.path[1] === claim.path[1];
      if (isSameTenant && claim.withinTenant && earlier.withinTenant) return [];
      return [{ path: claim.path, message: `${claim.shown} is already at ${earlier.path.join(".")}` }];
    }),
  );
}

function claimsOf(tenant: Config["tenants"][number], at: readonly (string | number)[]): Claim[] {
  const { id, api_keys: keys, numbers, routes, sip_users: users, webhooks } = tenant;
  return [
    { space: "tenant", value: id, shown: `tenant ${id}`, path: [...at, "id"] },
    ...keys.flatMap(({ name, key }, index) => [
      { space: `key of ${id}`, value: name, shown: `key ${name}`, path: [...at, "api_keys", index, "name"] },
      { space: "key", value: key, shown: "this key", path: [...at, "api_keys", index, "key"] },
    ]),
    ...numbers.map(({ number }, index) => ({
      space: "number",
      value: number,
      shown: `number ${number}`,
      path: [...at, "numbers", index, "number"],
    })),
    ...routes.map((route, index) => ({
      space: "route",
      value: route.id,
      shown: `route ${route.id}`,
      path: [...at, "routes", index, "id"],
    })),
    ...users.map(({ username }, index) => ({
      space: "username",
      value: username,
      shown: `username ${username}`,
      path: [...at, "sip_users", index, "username"],
    })),
    // Those who call us with a route's credentials are told apart from users by the same name.
    ...routes.flatMap(({ direction, auth }, index) =>
      direction === "out" || auth.mode !== "digest" || auth.username === undefined
        ? []
        : [
            {
              space: "username",
              value: auth.username,
              shown: `username ${auth.username}`,
              path: [...at, "routes", index, "auth", "username"],
              withinTenant: true,
            },
          ],
    ),
    ...webhooks.map(({ url }, index) => ({
      space: `webhook of ${id}`,
      value: url,
      shown: `webhook ${url}`,
      path: [...at, "webhooks", index, "url"],
    })),
  ];
}
