/** What tenants configure, as the API shows it: never with a password or a key. */
import { isoTime } from "@voepy/base";
import type {
  ApiKeyRecord,
  InboundAction,
  MediaRecord,
  NumberRecord,
  RouteRecord,
  SipUserRecord,
  TenantRecord,
} from "@voepy/store";
import type { LiveState, RegistrationState } from "../live-state.ts";
import { trunkOf } from "../schema/trunk.ts";

/** Rows that were read carry their date. */
const createdAt = (row: { readonly createdAt?: number | undefined }): string => isoTime(row.createdAt ?? 0);

function withoutToken(action: InboundAction): InboundAction {
  if (action.type !== "stream") return action;
  const { stream_auth_token: _secret, ...shown } = action;
  return shown;
}

export function serializeNumber(row: NumberRecord) {
  return {
    id: row.id,
    number: row.number,
    route_id: row.routeId,
    inbound_action: withoutToken(row.inboundAction),
    created_at: createdAt(row),
  };
}

export function serializeRoute(row: RouteRecord, live: LiveState) {
  const { auth, ...fields } = trunkOf(row);
  return {
    id: row.id,
    ...ABSENT,
    ...present(fields),
    auth: { mode: auth.mode, username: auth.username ?? null },
    health: live.health(row.id),
    registration: serializeRegistration(live.registration(row.id)),
    created_at: createdAt(row),
  };
}

/** What a route need not have is shown as null. */
const ABSENT = {
  failover_route_id: null,
  caller_number: null,
  default_country_code: null,
  max_channels: null,
  max_cps: null,
  contact_user: null,
};

function present<Fields extends object>(fields: Fields): Partial<Fields> {
  // Fewer members of the same object.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

function serializeRegistration(state: RegistrationState | null) {
  if (state === null) return null;
  const { status, reason, expiresAt } = state;
  return { status, reason, expires_at: expiresAt === null ? null : isoTime(expiresAt) };
}

export function serializeSipUser(row: SipUserRecord, live: LiveState) {
  return {
    id: row.id,
    username: row.username,
    number: row.number,
    outbound: row.outbound,
    contacts: live.contacts(row.username).map(({ uri, address, transport, userAgent, expiresAt }) => ({
      uri,
      address,
      transport,
      user_agent: userAgent,
      expires_at: isoTime(expiresAt),
    })),
    created_at: createdAt(row),
  };
}

export function serializeApiKey(row: ApiKeyRecord) {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    created_at: isoTime(row.createdAt),
    expires_at: row.expiresAt === null ? null : isoTime(row.expiresAt),
    last_used_at: typeof row.lastUsedAt === "number" ? isoTime(row.lastUsedAt) : null,
  };
}

export function serializeMedia(row: MediaRecord) {
  return {
    id: row.id,
    name: row.name,
    format: row.format,
    size_bytes: row.sizeBytes,
    duration_millis: row.durationMs,
    created_at: isoTime(row.createdAt),
  };
}

export function serializeQuota(row: TenantRecord) {
  return {
    allow_caller_id_forwarding: row.allowCallerIdForwarding,
    max_concurrent_calls: row.maxConcurrentCalls,
    max_cps: row.maxCps,
  };
}

export function serializeTenant(row: TenantRecord) {
  return { id: row.id, default_route: row.defaultRoute, quota: serializeQuota(row), created_at: createdAt(row) };
}
