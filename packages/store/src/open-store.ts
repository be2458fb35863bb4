/** Puts the tables together: reads at once, writes through the group commit. */
import { type Clock, type Log, type MakeId, messageOf } from "@voepy/base";
import { type Db, openDatabase } from "./db.ts";
import { makeWriter } from "./group-commit.ts";
import { makeFolderOf } from "./io/data-folder.ts";
import { readMigrations } from "./io/migration-files.ts";
import type { CallRecord, DeliveryRecord, EventRecord, WebhookRecord } from "./records.ts";
import { configured, makeSettings } from "./settings.ts";
import type { CallDetail, Changes, Store } from "./store.ts";
import { makeCallsTable } from "./tables/calls.ts";
import { makeDeliveriesTable } from "./tables/deliveries.ts";
import { makeEventsTable } from "./tables/events.ts";
import { makeIdempotencyTable } from "./tables/idempotency.ts";
import { makeMediaTable } from "./tables/media.ts";
import { makeRecordingsTable } from "./tables/recordings.ts";
import { makeSettingsTables } from "./tables/settings.ts";
import { makeValuesTable } from "./tables/values.ts";
import { makeWebhooksTable } from "./tables/webhooks.ts";
import { type Checkpointer, startCheckpointer } from "./worker/checkpointer.ts";

export interface StoreOptions {
  /** The database file, made with its folder when missing; `:memory:` for a store that is forgotten. */
  readonly path: string;
  readonly clock: Clock;
  /** Names deliveries. */
  readonly makeId: MakeId;
  readonly log: Log;
}

/** Rows deleted by one `prune`, so that it holds nobody up. */
const PRUNE_ROWS = 500;

/** @throws Error when the file cannot be opened, is no database, or is of a newer voepy. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, log } = options;
  const isFile = path !== ":memory:";
  if (isFile) makeFolderOf(path);
  const db = openDatabase({ path, migrations: readMigrations(), log });
  return makeStore(db, options, isFile ? startCheckpointer(path, log) : undefined);
}

export type Write = <T>(job: () => T) => Promise<T>;
export type Tables = ReturnType<typeof makeTables>;

function makeTables(db: Db, clock: Clock) {
  const now = (): number => clock.wallMs();
  return {
    calls: makeCallsTable(db),
    recordings: makeRecordingsTable(db),
    events: makeEventsTable(db),
    deliveries: makeDeliveriesTable(db),
    webhooks: makeWebhooksTable(db),
    settings: makeSettingsTables(db, now),
    media: makeMediaTable(db, now),
    idempotency: makeIdempotencyTable(db),
    values: makeValuesTable(db),
  };
}

/** A store over a database that is open and up to date. */
function makeStore(db: Db, options: StoreOptions, checkpointer: Checkpointer | undefined): Store {
  const tables = makeTables(db, options.clock);
  const writer = makeWriter(db, checkpointer?.wrote);
  const listeners: ((events: readonly EventRecord[]) => void)[] = [];
  const prune = (beforeMs: number): number =>
    tables.events.prune(beforeMs, PRUNE_ROWS) + tables.idempotency.prune(options.clock.wallMs(), PRUNE_ROWS);
  return {
    async commit(changes) {
      await writer.write(() => applyChanges(tables, changes, options));
      if (changes.events?.length) tell(listeners, changes.events, options.log);
    },
    onEvents: (listener) => void listeners.push(listener),
    calls: callReads(tables),
    recordings: recordingsOf(tables, writer.write),
    events: {
      ofCall: async (tenantId, callId) => tables.events.ofCall(tenantId, callId),
      get: async (id) => tables.events.get(id),
      position: async (tenantId, id) => tables.events.position(tenantId, id),
      lastPosition: async () => tables.events.lastPosition(),
      after: async (tenantId, position, limit) => tables.events.after(tenantId, position, limit),
    },
    deliveries: {
      due: async (wallMs, limit, except = new Set()) => tables.deliveries.due(wallMs, limit, except),
      nextDueAt: async (afterMs = -1) => tables.deliveries.nextDueAt(afterMs),
      update: (delivery) => writer.write(() => tables.deliveries.update(delivery)),
      list: async (tenantId, webhookId, page) => tables.deliveries.list(tenantId, webhookId, page),
      get: async (tenantId, webhookId, id) => tables.deliveries.get(tenantId, webhookId, id),
      async send(event, webhook) {
        const delivery = await writer.write(() => sendTo(tables, event, webhook, options));
        tell(listeners, [event], options.log);
        return delivery;
      },
      pendingCount: async () => tables.deliveries.pendingCount(),
    },
    settings: makeSettings(tables, writer.write),
    media: {
      ...configured(tables.media, writer.write),
      byName: async (tenantId, name) => tables.media.byName(tenantId, name),
    },
    idempotency: {
      begin: (row) => writer.write(() => tables.idempotency.begin(row)),
      finish: (key, response) => writer.write(() => tables.idempotency.finish(key, response)),
      abandon: (key) => writer.write(() => tables.idempotency.abandon(key)),
    },
    value: async (name, make) =>
      tables.values.get(name) ?? (await writer.write(() => tables.values.getOrAdd(name, make))),
    prune: (beforeMs) => writer.write(() => prune(beforeMs)),
    async close() {
      writer.close();
      await checkpointer?.close();
      if (db.open) db.close();
    },
  };
}

function recordingsOf({ recordings }: Tables, write: Write): Store["recordings"] {
  return {
    get: async (tenantId, id) => {
      const recording = recordings.find(id);
      return recording?.tenantId === tenantId ? recording : undefined;
    },
    find: async (id) => recordings.find(id),
    list: async (tenantId, filter, page) => recordings.list(tenantId, filter.callId, page),
    delete: (tenantId, id) => write(() => recordings.delete(tenantId, id)),
    unfinished: async () => recordings.unfinished(),
    expiring: async (beforeMs, limit) => recordings.expiring(beforeMs, limit),
  };
}

function applyChanges(
  tables: Tables,
  changes: Changes,
  { clock, makeId }: Pick<StoreOptions, "clock" | "makeId">,
): void {
  for (const call of changes.calls ?? []) tables.calls.saveCall(call);
  for (const leg of changes.legs ?? []) tables.calls.saveLeg(leg);
  for (const recording of changes.recordings ?? []) tables.recordings.save(recording);
  for (const event of changes.events ?? []) {
    tables.events.add(event);
    const dueAt = clock.wallMs();
    for (const webhook of tables.webhooks.wanting(event.tenantId, event.eventType)) {
      tables.deliveries.add({ id: makeId("dlv"), event, webhookId: webhook.id, url: webhook.url, dueAt });
    }
    if (event.webhookUrl !== null) {
      tables.deliveries.add({ id: makeId("dlv"), event, webhookId: null, url: event.webhookUrl, dueAt });
    }
  }
  if (changes.idempotency) tables.idempotency.bind(changes.idempotency);
}

/** An event for one endpoint, as `deliveries.send` promises. */
function sendTo(
  tables: Tables,
  event: EventRecord,
  webhook: Pick<WebhookRecord, "id" | "url">,
  { clock, makeId }: Pick<StoreOptions, "clock" | "makeId">,
): DeliveryRecord {
  const id = makeId("dlv");
  tables.events.add(event);
  tables.deliveries.add({ id, event, webhookId: webhook.id, url: webhook.url, dueAt: clock.wallMs() });
  const delivery = tables.deliveries.get(event.tenantId, webhook.id, id);
  if (!delivery) throw new Error("a delivery was not there after it was added");
  return delivery;
}

/** The rows are committed: a listener that throws must not make that look otherwise. */
function tell(
  listeners: readonly ((events: readonly EventRecord[]) => void)[],
  events: readonly EventRecord[],
  log: Log,
): void {
  for (const listener of listeners) {
    try {
      listener(events);
    } catch (error) {
      log.error("event listener failed", { error: messageOf(error) });
    }
  }
}

function callReads(tables: Tables): Store["calls"] {
  const detail = (call: CallRecord): CallDetail => ({
    call,
    legs: tables.calls.legs(call.id),
    recordings: tables.recordings.ofCall(call.id),
  });
  return {
    get: async (tenantId, id) => {
      const call = tables.calls.get(tenantId, id);
      return call && detail(call);
    },
    list: async (tenantId, filter, page) => tables.calls.list(tenantId, filter, page),
    unfinished: async () => tables.calls.unfinished().map(detail),
  };
}
