/**
 * The store as the rest of voepy sees it: asynchronous, so that PostgreSQL can meet it later; no SQL leaves
 * this package. State and the events that tell of it are one `commit`.
 */
import type {
  ApiKeyRecord,
  CallDirection,
  CallRecord,
  CallStatus,
  DeliveryRecord,
  EventRecord,
  IdempotencyRecord,
  LegRecord,
  NumberRecord,
  RecordingRecord,
  RouteRecord,
  SipUserRecord,
  TenantRecord,
  WebhookRecord,
} from "./records.ts";

/** Upserts (whole rows) and events, applied in one transaction in this order. */
export interface Changes {
  readonly calls?: readonly CallRecord[];
  readonly legs?: readonly LegRecord[];
  readonly recordings?: readonly RecordingRecord[];
  /**
   * Each becomes an event row and one pending delivery for every webhook of the tenant that wants it, plus one for
   * its `webhookUrl`. Endpoints are looked up in the same transaction.
   */
  readonly events?: readonly EventRecord[];
  /** Sets `resourceId` of an in-flight idempotency row. */
  readonly idempotency?: {
    readonly tenantId: string;
    readonly path: string;
    readonly key: string;
    readonly resourceId: string;
  };
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Opaque; null on the last page. */
  readonly nextCursor: string | null;
}

export interface CallFilter {
  readonly status?: CallStatus | undefined;
  readonly direction?: CallDirection | undefined;
  readonly fromNumber?: string | undefined;
  readonly toNumber?: string | undefined;
  readonly initiatedAfter?: number | undefined;
  readonly initiatedBefore?: number | undefined;
  readonly customerReference?: string | undefined;
}

export interface PageRequest {
  /** 1–200. */
  readonly limit: number;
  /** Throws CodedError `invalid_request` (param `cursor`) when it was not made by us. */
  readonly cursor?: string | undefined;
}

export interface CallDetail {
  readonly call: CallRecord;
  readonly legs: readonly LegRecord[];
  readonly recordings: readonly RecordingRecord[];
}

/** What the configuration declares for one tenant. */
export interface TenantDeclaration {
  readonly tenant: TenantRecord;
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly numbers: readonly NumberRecord[];
  readonly routes: readonly RouteRecord[];
  readonly sipUsers: readonly SipUserRecord[];
  readonly webhooks: readonly WebhookRecord[];
}

/** Everything that decides about calls, small enough for memory. */
export interface Settings {
  readonly tenants: readonly TenantRecord[];
  readonly numbers: readonly NumberRecord[];
  readonly routes: readonly RouteRecord[];
  readonly sipUsers: readonly SipUserRecord[];
}

export interface Store {
  commit(changes: Changes): Promise<void>;
  /** Called after each commit that wrote events. */
  onEvents(listener: (events: readonly EventRecord[]) => void): void;

  readonly calls: {
    get(tenantId: string, id: string): Promise<CallDetail | undefined>;
    /** Newest first, stable under inserts. */
    list(tenantId: string, filter: CallFilter, page: PageRequest): Promise<Page<CallRecord>>;
    /** Calls not ended, of every tenant: what a crash left behind. */
    unfinished(): Promise<readonly CallDetail[]>;
  };
  readonly recordings: {
    get(tenantId: string, id: string): Promise<RecordingRecord | undefined>;
    /** For a signed link, which knows no tenant. */
    find(id: string): Promise<RecordingRecord | undefined>;
    list(tenantId: string, filter: { callId?: string | undefined }, page: PageRequest): Promise<Page<RecordingRecord>>;
    delete(tenantId: string, id: string): Promise<boolean>;
    /** Rows still `recording` or `processing`. */
    unfinished(): Promise<readonly RecordingRecord[]>;
  };
  readonly events: {
    ofCall(tenantId: string, callId: string): Promise<readonly EventRecord[]>;
    get(id: string): Promise<EventRecord | undefined>;
  };
  readonly deliveries: {
    /**
     * Deliveries due at `wallMs`, oldest first, at most `limit`; of one endpoint and call only the lowest pending
     * sequence is ever due, so that order per call holds. Endpoints take turns, so that the backlog of one does not
     * hide what another is owed; those named in `exceptEndpoints` (see `endpointOf`) are left out.
     */
    due(wallMs: number, limit: number, exceptEndpoints?: ReadonlySet<string>): Promise<readonly DeliveryRecord[]>;
    /** Wall ms of the earliest pending delivery that is due later than `afterMs` (default: any); undefined when none. */
    nextDueAt(afterMs?: number): Promise<number | undefined>;
    /** Status, attempts, times and results; what a delivery is of never changes. A deleted one stays deleted. */
    update(delivery: DeliveryRecord): Promise<void>;
    list(tenantId: string, webhookId: string, page: PageRequest): Promise<Page<DeliveryRecord>>;
    pendingCount(): Promise<number>;
  };
  readonly settings: {
    load(): Promise<Settings>;
    /** Upserts by id in one transaction; what is not named stays. */
    declare(declarations: readonly TenantDeclaration[]): Promise<void>;
    apiKeyByHash(hash: string): Promise<ApiKeyRecord | undefined>;
    webhook(id: string): Promise<WebhookRecord | undefined>;
    webhooks(tenantId: string): Promise<readonly WebhookRecord[]>;
    /** Upserts by id. */
    saveWebhook(webhook: WebhookRecord): Promise<void>;
    /** False when the tenant has none of that id. Its pending deliveries go with it. */
    deleteWebhook(tenantId: string, id: string): Promise<boolean>;
  };
  readonly idempotency: {
    /** Inserts the row, or returns the one that is there (unique per tenant, path, key; older than 24 h is replaced). */
    begin(row: IdempotencyRecord): Promise<IdempotencyRecord | undefined>;
    finish(
      row: Pick<IdempotencyRecord, "tenantId" | "path" | "key">,
      response: { status: number; body: string },
    ): Promise<void>;
    /** Forgets it: the answer came before anything was done. */
    abandon(row: Pick<IdempotencyRecord, "tenantId" | "path" | "key">): Promise<void>;
  };
  /** Small values of the installation: node id, signing secret. Returns the stored value, or stores and returns `make()`. */
  value(name: string, make: () => string): Promise<string>;
  /**
   * Deletes at most some hundred events older than `beforeMs` with their deliveries, except those with one pending, and
   * idempotency rows past their 24 h. Returns how many rows went; 0 when there is nothing left to delete.
   */
  prune(beforeMs: number): Promise<number>;
  /** Finishes what was asked for, then closes. */
  close(): Promise<void>;
}
