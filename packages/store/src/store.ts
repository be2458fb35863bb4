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
  MediaRecord,
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

/** Rows of one kind that tenants configure. */
export interface Configured<Row> {
  get(tenantId: string, id: string): Promise<Row | undefined>;
  /** Newest first, stable under inserts. */
  list(tenantId: string, page: PageRequest): Promise<Page<Row>>;
  /**
   * Upserts by id. False, and nothing is done, when a row of another id has what only one may have: a number, a
   * username, a key's hash, the name of a tenant's media.
   */
  save(row: Row): Promise<boolean>;
  delete(tenantId: string, id: string): Promise<boolean>;
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
    /** Available ones made before `beforeMs`, oldest first, of every tenant. */
    expiring(beforeMs: number, limit: number): Promise<readonly RecordingRecord[]>;
  };
  readonly events: {
    ofCall(tenantId: string, callId: string): Promise<readonly EventRecord[]>;
    get(id: string): Promise<EventRecord | undefined>;
    /** Where an event stands in the order of commits; undefined when the tenant has none of that id, or no more. */
    position(tenantId: string, id: string): Promise<number | undefined>;
    /** Of the newest event of all tenants, 0 before the first: positions only grow. */
    lastPosition(): Promise<number>;
    /** The tenant's events after `position`, oldest first, at most `limit`, and where the last of them stands. */
    after(
      tenantId: string,
      position: number,
      limit: number,
    ): Promise<{ readonly rows: readonly EventRecord[]; readonly position: number }>;
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
    get(tenantId: string, webhookId: string, id: string): Promise<DeliveryRecord | undefined>;
    /** Writes an event that goes to this endpoint only, whatever its filters say. Resolves with its delivery. */
    send(event: EventRecord, webhook: Pick<WebhookRecord, "id" | "url">): Promise<DeliveryRecord>;
    pendingCount(): Promise<number>;
  };
  readonly settings: {
    load(): Promise<Settings>;
    /** Upserts by id in one transaction; what is not named stays. */
    declare(declarations: readonly TenantDeclaration[]): Promise<void>;
    /**
     * Called after tenants, numbers, routes, users or keys have changed, before the change is answered: what is made of
     * them is up to date by then.
     */
    onChange(listener: () => Promise<void> | void): void;
    readonly tenants: {
      get(id: string): Promise<TenantRecord | undefined>;
      /** Newest first. */
      list(page: PageRequest): Promise<Page<TenantRecord>>;
      /** Upserts by id. */
      save(tenant: TenantRecord): Promise<void>;
      /** With its keys, numbers, routes, users, webhooks and media rows; what happened in its calls stays. */
      delete(id: string): Promise<boolean>;
    };
    readonly numbers: Configured<NumberRecord>;
    readonly routes: Configured<RouteRecord>;
    readonly sipUsers: Configured<SipUserRecord>;
    readonly apiKeys: Configured<ApiKeyRecord>;
    apiKeyByHash(hash: string): Promise<ApiKeyRecord | undefined>;
    /** Sets `lastUsedAt`. */
    touchApiKey(id: string, wallMs: number): Promise<void>;
    webhook(id: string): Promise<WebhookRecord | undefined>;
    /** Oldest first. */
    webhooks(tenantId: string): Promise<readonly WebhookRecord[]>;
    /** Newest first. */
    webhookPage(tenantId: string, page: PageRequest): Promise<Page<WebhookRecord>>;
    /** Upserts by id. */
    saveWebhook(webhook: WebhookRecord): Promise<void>;
    /** False when the tenant has none of that id. Its pending deliveries go with it. */
    deleteWebhook(tenantId: string, id: string): Promise<boolean>;
  };
  readonly media: Configured<MediaRecord> & {
    byName(tenantId: string, name: string): Promise<MediaRecord | undefined>;
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
